"""Pictures: sample grids, the plane with the critic over it, curves, interpolations."""

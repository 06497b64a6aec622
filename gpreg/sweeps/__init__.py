"""Sweeps: many runs, compared fairly. ``gpreg.sweep`` carries one out and ``gpreg.open_sweep`` finds it again."""

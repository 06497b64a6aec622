"""Toys: GANs of a few parameters with any penalty measure, whose expectations are computed exactly."""

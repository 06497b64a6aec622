"""Penalty measures and gradient forms for gpreg."""

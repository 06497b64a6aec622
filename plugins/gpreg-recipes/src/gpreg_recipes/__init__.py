"""Experiments for gpreg, with the papers' numbers."""

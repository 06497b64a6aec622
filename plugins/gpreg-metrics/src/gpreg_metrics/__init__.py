"""Scores of samples for gpreg."""

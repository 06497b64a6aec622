"""Datasets for gpreg."""

"""Generators and critics for gpreg."""

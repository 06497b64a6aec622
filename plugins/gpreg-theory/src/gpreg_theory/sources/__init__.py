"""Divergences and discriminators of the sources, each a documented function."""

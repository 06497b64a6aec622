"""Recipes for gpreg, with the papers' numbers."""

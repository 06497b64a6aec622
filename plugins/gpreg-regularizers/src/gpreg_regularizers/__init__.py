"""Regularizers for gpreg: terms that a player minimises beside its loss and the gradient penalty."""

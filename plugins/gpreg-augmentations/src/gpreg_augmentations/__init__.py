"""Augmentations for gpreg: differentiable changes of what the critic sees."""

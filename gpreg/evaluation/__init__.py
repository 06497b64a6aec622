"""Evaluation: draw samples from a run's generator, and score them."""

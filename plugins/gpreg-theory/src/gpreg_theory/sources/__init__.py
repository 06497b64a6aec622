"""Divergences, discriminators and examples of the sources as functions."""

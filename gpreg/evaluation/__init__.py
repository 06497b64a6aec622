"""Evaluation: samples of a run, and how good they are."""

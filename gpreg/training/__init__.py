"""Training: from a recipe to a run, step by step."""

"""The commands `check` and `stability`. Nothing is imported before it runs."""

"""The commands `check` and `stability`. What they need is imported only when they run."""

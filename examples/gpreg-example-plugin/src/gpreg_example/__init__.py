"""A complete third-party package for gpreg."""

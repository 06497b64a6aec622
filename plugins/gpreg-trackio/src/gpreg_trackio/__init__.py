"""A trackio observer for gpreg."""

"""A TensorBoard observer for gpreg."""

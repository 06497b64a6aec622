"""A probe: how large a penalty is beside the loss, and what other coefficients would do."""

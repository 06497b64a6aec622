"""Q, R and the modes of real networks, without ever forming a matrix."""

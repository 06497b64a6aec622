"""Q, R and the modes of real networks, mostly by products with vectors, without forming the matrices."""

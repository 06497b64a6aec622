"""Toy systems: GANs of a few parameters, with any penalty measure, integrated exactly."""

"""Constraints for gpreg: what the weights of a network obey."""

"""The tools of the checks: draws of a measure, frozen games, supports of samples, zero sets, networks' operations."""

"""What checks look with: draws of a measure, frozen games, supports of samples, zero sets, operations of networks."""

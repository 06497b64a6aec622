"""The game linearised at an equilibrium: spectra, damping, the best coefficient, the largest step."""

"""The game linearised at an equilibrium: spectra, damping, the best coefficient, the largest step."""

from gpreg.theory.linear.game import LinearGame, Mode

__all__ = ["LinearGame", "Mode"]

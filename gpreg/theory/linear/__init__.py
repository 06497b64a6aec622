"""The game linearised at an equilibrium: spectra, damping, the best coefficient, the largest step."""

from gpreg.theory.linear.ceiling import Ceiling, ceiling, commuting_damping, optimal_damping
from gpreg.theory.linear.game import LinearGame, Mode
from gpreg.theory.linear.preconditioning import preconditioned
from gpreg.theory.linear.steps import StepLimit, largest_step, spectral_radius, update_matrix
from gpreg.theory.linear.tuning import BestRho, best_rho

__all__ = [
    "BestRho",
    "Ceiling",
    "LinearGame",
    "Mode",
    "StepLimit",
    "best_rho",
    "ceiling",
    "commuting_damping",
    "largest_step",
    "optimal_damping",
    "preconditioned",
    "spectral_radius",
    "update_matrix",
]

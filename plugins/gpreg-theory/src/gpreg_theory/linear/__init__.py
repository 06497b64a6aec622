"""The game linearised at an equilibrium: spectra, damping, the best coefficient, the largest step."""

from gpreg_theory.linear.ceiling import Ceiling, ceiling, commuting_damping, optimal_damping
from gpreg_theory.linear.game import LinearGame, Mode
from gpreg_theory.linear.modal import (
    alternating_converges,
    alternating_invariant,
    alternating_limit,
    best_generator_rate,
    euler_growth,
    generator_limit,
    simultaneous_converges,
    simultaneous_limit,
)
from gpreg_theory.linear.preconditioning import preconditioned
from gpreg_theory.linear.steps import Scheme, StepLimit, largest_step, spectral_radius, update_matrix
from gpreg_theory.linear.tuning import BestRho, BestStep, best_rho, best_rho_and_step

__all__ = [
    "BestRho",
    "BestStep",
    "Ceiling",
    "LinearGame",
    "Mode",
    "Scheme",
    "StepLimit",
    "alternating_converges",
    "alternating_invariant",
    "alternating_limit",
    "best_generator_rate",
    "best_rho",
    "best_rho_and_step",
    "ceiling",
    "commuting_damping",
    "euler_growth",
    "generator_limit",
    "largest_step",
    "optimal_damping",
    "preconditioned",
    "simultaneous_converges",
    "simultaneous_limit",
    "spectral_radius",
    "update_matrix",
]

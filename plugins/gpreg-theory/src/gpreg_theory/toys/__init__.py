"""Toy systems: GANs of a few parameters, with any penalty measure, integrated exactly."""

from gpreg_theory.toys.basin import Basin, attracted, attracts, averaged_rate, basin_radius, mass_damping, true_basin
from gpreg_theory.toys.catalogue import TOYS, Toy, find_toy
from gpreg_theory.toys.degenerate import Level, degenerate, level_of
from gpreg_theory.toys.dirac import dirac
from gpreg_theory.toys.equilibrium import Equilibrium
from gpreg_theory.toys.law import Mass, MovingPoint, PenaltyLaw
from gpreg_theory.toys.limit import Limit, limit
from gpreg_theory.toys.mass_transfer import mass_transfer
from gpreg_theory.toys.quantity import Quantity
from gpreg_theory.toys.regularizer import Choices
from gpreg_theory.toys.ring import ring
from gpreg_theory.toys.system import ToySystem
from gpreg_theory.toys.trajectory import Trajectory, decay_rate, trajectory
from gpreg_theory.toys.two_mode import two_mode
from gpreg_theory.toys.uniform import uniform

__all__ = [
    "TOYS",
    "Basin",
    "Choices",
    "Equilibrium",
    "Level",
    "Limit",
    "Mass",
    "MovingPoint",
    "PenaltyLaw",
    "Quantity",
    "Toy",
    "ToySystem",
    "Trajectory",
    "attracted",
    "attracts",
    "averaged_rate",
    "basin_radius",
    "decay_rate",
    "degenerate",
    "dirac",
    "find_toy",
    "level_of",
    "limit",
    "mass_damping",
    "mass_transfer",
    "ring",
    "trajectory",
    "true_basin",
    "two_mode",
    "uniform",
]

"""Toy systems: GANs of a few parameters, with any penalty measure, integrated exactly."""

from gpreg.theory.toys.basin import Basin, attracted, attracts, averaged_rate, basin_radius, mass_damping, true_basin
from gpreg.theory.toys.catalogue import TOYS, Toy, find_toy
from gpreg.theory.toys.degenerate import Level, degenerate, level_of
from gpreg.theory.toys.dirac import dirac
from gpreg.theory.toys.equilibrium import Equilibrium
from gpreg.theory.toys.law import Mass, MovingPoint, PenaltyLaw
from gpreg.theory.toys.limit import Limit, limit
from gpreg.theory.toys.mass_transfer import mass_transfer
from gpreg.theory.toys.quantity import Quantity
from gpreg.theory.toys.regularizer import Choices
from gpreg.theory.toys.ring import ring
from gpreg.theory.toys.system import ToySystem
from gpreg.theory.toys.trajectory import Trajectory, decay_rate, trajectory
from gpreg.theory.toys.two_mode import two_mode
from gpreg.theory.toys.uniform import uniform

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

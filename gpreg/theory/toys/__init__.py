"""Toy systems: GANs of a few parameters, with any penalty measure, integrated exactly."""

from gpreg.theory.toys.catalogue import TOYS, Toy, find_toy
from gpreg.theory.toys.dirac import dirac
from gpreg.theory.toys.equilibrium import Equilibrium
from gpreg.theory.toys.law import Mass, MovingPoint, PenaltyLaw
from gpreg.theory.toys.regularizer import Choices
from gpreg.theory.toys.system import Quantity, ToySystem
from gpreg.theory.toys.trajectory import Trajectory, decay_rate, trajectory
from gpreg.theory.toys.uniform import uniform

__all__ = [
    "TOYS",
    "Choices",
    "Equilibrium",
    "Mass",
    "MovingPoint",
    "PenaltyLaw",
    "Quantity",
    "Toy",
    "ToySystem",
    "Trajectory",
    "decay_rate",
    "dirac",
    "find_toy",
    "trajectory",
    "uniform",
]

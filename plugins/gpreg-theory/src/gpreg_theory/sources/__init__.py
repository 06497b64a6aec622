"""Divergences and discriminators of the sources, each a documented function."""

from gpreg_theory.sources.alternating import FixedAltGD
from gpreg_theory.sources.divergences import (
    js,
    kl,
    optimal_discriminator,
    total_variation,
    value_of_game,
    wasserstein1,
)
from gpreg_theory.sources.gradient_bound import gradient_bound, memorising_slope
from gpreg_theory.sources.laws import Atoms, Density
from gpreg_theory.sources.memorising import MemorisingDiscriminator, epsilon_optimal
from gpreg_theory.sources.parallel_lines import ParallelLines

__all__ = [
    "Atoms",
    "Density",
    "FixedAltGD",
    "MemorisingDiscriminator",
    "ParallelLines",
    "epsilon_optimal",
    "gradient_bound",
    "js",
    "kl",
    "memorising_slope",
    "optimal_discriminator",
    "total_variation",
    "value_of_game",
    "wasserstein1",
]

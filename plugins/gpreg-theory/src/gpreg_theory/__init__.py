"""The theory of regularized GANs: linear games, toys, the sources' formulas, real networks, checks of assumptions.

The public names of its five parts, in one place; each is imported when it is first used, so that asking for the theory
never waits for torch. ``import gpreg_theory as theory``, then ``theory.LinearGame(...)``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpreg_theory.advice.stabilities import NetworkComparison as NetworkComparison
    from gpreg_theory.advice.stabilities import network_stabilities as network_stabilities
    from gpreg_theory.advice.stability import NetworkStability as NetworkStability
    from gpreg_theory.advice.stability import network_stability as network_stability
    from gpreg_theory.checks.context import check_context as check_context
    from gpreg_theory.checks.evidence.form import FormAtZero as FormAtZero
    from gpreg_theory.checks.evidence.form import form_at_zero as form_at_zero
    from gpreg_theory.checks.evidence.operations import kinks as kinks
    from gpreg_theory.checks.evidence.operations import operations as operations
    from gpreg_theory.checks.report import Conclusion as Conclusion
    from gpreg_theory.checks.report import Report as Report
    from gpreg_theory.checks.runner import run_checks as run_checks
    from gpreg_theory.linear.ceiling import Ceiling as Ceiling
    from gpreg_theory.linear.ceiling import ceiling as ceiling
    from gpreg_theory.linear.ceiling import commuting_damping as commuting_damping
    from gpreg_theory.linear.ceiling import optimal_damping as optimal_damping
    from gpreg_theory.linear.game import LinearGame as LinearGame
    from gpreg_theory.linear.game import Mode as Mode
    from gpreg_theory.linear.modal import alternating_converges as alternating_converges
    from gpreg_theory.linear.modal import alternating_invariant as alternating_invariant
    from gpreg_theory.linear.modal import alternating_limit as alternating_limit
    from gpreg_theory.linear.modal import best_generator_rate as best_generator_rate
    from gpreg_theory.linear.modal import euler_growth as euler_growth
    from gpreg_theory.linear.modal import generator_limit as generator_limit
    from gpreg_theory.linear.modal import simultaneous_converges as simultaneous_converges
    from gpreg_theory.linear.modal import simultaneous_limit as simultaneous_limit
    from gpreg_theory.linear.preconditioning import preconditioned as preconditioned
    from gpreg_theory.linear.steps import StepLimit as StepLimit
    from gpreg_theory.linear.steps import largest_step as largest_step
    from gpreg_theory.linear.steps import spectral_radius as spectral_radius
    from gpreg_theory.linear.steps import update_matrix as update_matrix
    from gpreg_theory.linear.tuning import BestRho as BestRho
    from gpreg_theory.linear.tuning import BestStep as BestStep
    from gpreg_theory.linear.tuning import best_rho as best_rho
    from gpreg_theory.linear.tuning import best_rho_and_step as best_rho_and_step
    from gpreg_theory.networks.equilibrium import NoConstruction as NoConstruction
    from gpreg_theory.networks.equilibrium import at_zero as at_zero
    from gpreg_theory.networks.equilibrium import last_linear as last_linear
    from gpreg_theory.networks.extreme import ExtremeEigenvalues as ExtremeEigenvalues
    from gpreg_theory.networks.extreme import extreme_eigenvalues as extreme_eigenvalues
    from gpreg_theory.networks.extreme import jacobian as jacobian
    from gpreg_theory.networks.features import Coverage as Coverage
    from gpreg_theory.networks.features import Features as Features
    from gpreg_theory.networks.features import coverage as coverage
    from gpreg_theory.networks.features import last_layer_game as last_layer_game
    from gpreg_theory.networks.modes import ModalTable as ModalTable
    from gpreg_theory.networks.modes import NetworkMode as NetworkMode
    from gpreg_theory.networks.modes import modal_table as modal_table
    from gpreg_theory.networks.point import GamePoint as GamePoint
    from gpreg_theory.networks.trace import Trace as Trace
    from gpreg_theory.networks.trace import equal_trace_rho as equal_trace_rho
    from gpreg_theory.networks.trace import trace as trace
    from gpreg_theory.sources.alternating import FixedAltGD as FixedAltGD
    from gpreg_theory.sources.divergences import js as js
    from gpreg_theory.sources.divergences import kl as kl
    from gpreg_theory.sources.divergences import optimal_discriminator as optimal_discriminator
    from gpreg_theory.sources.divergences import total_variation as total_variation
    from gpreg_theory.sources.divergences import value_of_game as value_of_game
    from gpreg_theory.sources.divergences import wasserstein1 as wasserstein1
    from gpreg_theory.sources.gradient_bound import gradient_bound as gradient_bound
    from gpreg_theory.sources.gradient_bound import memorising_slope as memorising_slope
    from gpreg_theory.sources.laws import Atoms as Atoms
    from gpreg_theory.sources.laws import Density as Density
    from gpreg_theory.sources.memorising import MemorisingDiscriminator as MemorisingDiscriminator
    from gpreg_theory.sources.memorising import epsilon_optimal as epsilon_optimal
    from gpreg_theory.sources.parallel_lines import ParallelLines as ParallelLines
    from gpreg_theory.toys.basin import Basin as Basin
    from gpreg_theory.toys.basin import attracted as attracted
    from gpreg_theory.toys.basin import attracts as attracts
    from gpreg_theory.toys.basin import averaged_rate as averaged_rate
    from gpreg_theory.toys.basin import basin_radius as basin_radius
    from gpreg_theory.toys.basin import mass_damping as mass_damping
    from gpreg_theory.toys.basin import true_basin as true_basin
    from gpreg_theory.toys.catalogue import TOYS as TOYS
    from gpreg_theory.toys.catalogue import Toy as Toy
    from gpreg_theory.toys.catalogue import find_toy as find_toy
    from gpreg_theory.toys.comparison import ToyStability as ToyStability
    from gpreg_theory.toys.comparison import toy_stability as toy_stability
    from gpreg_theory.toys.degenerate import Level as Level
    from gpreg_theory.toys.degenerate import degenerate as degenerate
    from gpreg_theory.toys.degenerate import level_of as level_of
    from gpreg_theory.toys.dirac import dirac as dirac
    from gpreg_theory.toys.equilibrium import Equilibrium as Equilibrium
    from gpreg_theory.toys.law import Mass as Mass
    from gpreg_theory.toys.law import MovingPoint as MovingPoint
    from gpreg_theory.toys.law import PenaltyLaw as PenaltyLaw
    from gpreg_theory.toys.limit import Limit as Limit
    from gpreg_theory.toys.limit import limit as limit
    from gpreg_theory.toys.mass_transfer import mass_transfer as mass_transfer
    from gpreg_theory.toys.quantity import Quantity as Quantity
    from gpreg_theory.toys.regularizer import Choices as Choices
    from gpreg_theory.toys.ring import ring as ring
    from gpreg_theory.toys.stability import Stability as Stability
    from gpreg_theory.toys.stability import stability_of as stability_of
    from gpreg_theory.toys.system import ToySystem as ToySystem
    from gpreg_theory.toys.trajectory import Trajectory as Trajectory
    from gpreg_theory.toys.trajectory import decay_rate as decay_rate
    from gpreg_theory.toys.trajectory import trajectory as trajectory
    from gpreg_theory.toys.two_mode import two_mode as two_mode
    from gpreg_theory.toys.uniform import uniform as uniform

_HOME = {
    "linear.game": ("LinearGame", "Mode"),
    "linear.tuning": ("BestRho", "BestStep", "best_rho", "best_rho_and_step"),
    "linear.ceiling": ("Ceiling", "ceiling", "commuting_damping", "optimal_damping"),
    "linear.steps": ("StepLimit", "largest_step", "spectral_radius", "update_matrix"),
    "linear.preconditioning": ("preconditioned",),
    "linear.modal": (
        "alternating_converges",
        "alternating_invariant",
        "alternating_limit",
        "best_generator_rate",
        "euler_growth",
        "generator_limit",
        "simultaneous_converges",
        "simultaneous_limit",
    ),
    "toys.catalogue": ("TOYS", "Toy", "find_toy"),
    "toys.dirac": ("dirac",),
    "toys.uniform": ("uniform",),
    "toys.degenerate": ("Level", "degenerate", "level_of"),
    "toys.two_mode": ("two_mode",),
    "toys.ring": ("ring",),
    "toys.mass_transfer": ("mass_transfer",),
    "toys.regularizer": ("Choices",),
    "toys.law": ("Mass", "MovingPoint", "PenaltyLaw"),
    "toys.quantity": ("Quantity",),
    "toys.system": ("ToySystem",),
    "toys.equilibrium": ("Equilibrium",),
    "toys.comparison": ("ToyStability", "toy_stability"),
    "toys.stability": ("Stability", "stability_of"),
    "toys.trajectory": ("Trajectory", "decay_rate", "trajectory"),
    "toys.limit": ("Limit", "limit"),
    "toys.basin": ("Basin", "attracted", "attracts", "averaged_rate", "basin_radius", "mass_damping", "true_basin"),
    "sources.laws": ("Atoms", "Density"),
    "sources.divergences": (
        "js",
        "kl",
        "optimal_discriminator",
        "total_variation",
        "value_of_game",
        "wasserstein1",
    ),
    "sources.parallel_lines": ("ParallelLines",),
    "sources.memorising": ("MemorisingDiscriminator", "epsilon_optimal"),
    "sources.gradient_bound": ("gradient_bound", "memorising_slope"),
    "sources.alternating": ("FixedAltGD",),
    "networks.point": ("GamePoint",),
    "networks.modes": ("ModalTable", "NetworkMode", "modal_table"),
    "networks.features": ("Coverage", "Features", "coverage", "last_layer_game"),
    "networks.equilibrium": ("NoConstruction", "at_zero", "last_linear"),
    "networks.extreme": ("ExtremeEigenvalues", "extreme_eigenvalues", "jacobian"),
    "networks.trace": ("Trace", "equal_trace_rho", "trace"),
    "checks.evidence.operations": ("kinks", "operations"),
    "advice.stability": ("NetworkStability", "network_stability"),
    "advice.stabilities": ("NetworkComparison", "network_stabilities"),
    "checks.runner": ("run_checks",),
    "checks.report": ("Conclusion", "Report"),
    "checks.context": ("check_context",),
    "checks.evidence.form": ("FormAtZero", "form_at_zero"),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE)  # noqa: PLE0605 -- the names of _HOME, each a string


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE})

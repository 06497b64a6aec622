"""``rho = auto``: the best coefficient for a measure, by the modes of the linearised game."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gpreg.errors import UsageError
from gpreg.interfaces import ChosenRho
from gpreg.training.setup import Setup
from gpreg_theory.advice.beyond import beyond
from gpreg_theory.advice.points import curvature_scale, point_of, zeroed
from gpreg_theory.checks.evidence.draws import FEWEST
from gpreg_theory.linear.tuning import best_rho
from gpreg_theory.networks.equilibrium import NoConstruction
from gpreg_theory.networks.modes import ModalTable, modal_table
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Triplets, leading_triplets
from gpreg_theory.networks.trace import trace

MODES = 10
"""The number of strongest generator-visible modes that decide."""

NOISY = 1.25
"""If the best rho of two batches differs by more than this factor, the choice is largely chance."""

SMALLEST = 1e-300
"""Takes the place of a trace of 0 in a division."""

_REMEDY = "give --rho a number"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """A choice of rho.

    Attributes:
        rho: the chosen coefficient.
        because: the reason in words: for which modes it is best, or which rho * trace Q it has.
        table: the modes by which it was chosen.
    """

    rho: float
    because: str
    table: ModalTable

    @property
    def choice(self) -> ChosenRho:
        """The choice as training takes it."""
        return ChosenRho(rho=self.rho, because=self.because, document=self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it."""
        return {"rho": self.rho, "because": self.because, "modes": self.table.to_dict()}


def tune(setup: Setup, find: Callable[..., Triplets] = leading_triplets) -> Tuning:
    """Choose rho for an experiment as it stands. Nothing of it is changed, and none of its random numbers is drawn.

    The game is linearised where the critic's last layer is zero, with the critic's present features and with data in
    the place of the penalty's fakes, which is an equilibrium by construction. The choice is the rho with which the
    slowest of the strongest modes decays fastest, or the one with the ``rho * trace Q`` that the recipe asks for.

    The reason says so where the samples are too few to trust the number: there are fewer than 16, or a second batch
    gives, with the same modes, a number that differs by more than a factor of :data:`NOISY`.

    Args:
        setup: the set-up, before or in training.
        find: finds the modes of R, as in :func:`gpreg_theory.networks.modes.modal_table`.

    Raises:
        UsageError: there is no such point, no Q for this form or measure, or no best rho; says why.
    """
    scale = curvature_scale(setup.penalty.form, setup.recipe.penalty.of)
    if not scale > 0:
        raise UsageError("the gradient form is flat at 0, so that no rho damps anything to first order", remedy=_REMEDY)
    try:
        critic = zeroed(setup)
    except NoConstruction as error:
        raise UsageError(f"rho = auto has no equilibrium to look at: {error.message}", remedy=_REMEDY) from error
    first, second = (point_of(setup, critic, seed=seed, equilibrium=True) for seed in (0, 1))
    if first.sample is None:
        raise UsageError(f"measure {setup.recipe.measure.name!r} has no penalty to choose rho for", remedy=_REMEDY)
    table = modal_table(first, k=min(MODES, first.q, first.p), second=second, rho=1.0, find=find)
    wanted = setup.recipe.penalty.rho_trace
    if wanted is not None:
        if not table.trace.value > 0:
            raise UsageError("trace Q is 0, so that no rho gives rho * trace Q a value", remedy=_REMEDY)
        rho, because = wanted / table.trace.value, f"rho * trace Q = {wanted:g} with trace Q = {table.trace.value:.4g}"
    else:
        rho, because = table.best.rho, f"the {len(table.modes)} strongest modes decay fastest with it"
    rho /= scale
    if not (math.isfinite(rho) and rho > 0):
        raise UsageError(f"there is no best rho: {table.best.because}", remedy=_REMEDY)
    because += _noise(table, second, rho, by_trace=wanted is not None)
    if found := beyond(setup):
        because += f"; it is chosen for loss and penalty alone, and {found}"
    return Tuning(rho=float(f"{rho:.4g}"), because=because, table=table)


def _noise(table: ModalTable, second: GamePoint, rho: float, *, by_trace: bool) -> str:
    """A warning, in words, where the samples are few or a second batch gives another number; else empty."""
    if by_trace:
        ratio = table.trace.value / max(trace(second).value, SMALLEST)
    else:
        ratio = 1.0 if table.again is None else best_rho(table.again).rho / table.best.rho
    n = len(second.real)
    if n >= FEWEST and 1 / NOISY <= ratio <= NOISY:
        return ""
    return (
        f"; it is noisy, from {n} samples: another {n} would take {rho * ratio:.3g} (a larger report.check_samples "
        "makes it steadier, if there is more data)"
    )

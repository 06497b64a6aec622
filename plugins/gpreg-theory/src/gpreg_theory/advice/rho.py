"""``rho = auto``: the coefficient that suits the measure, from the modes of the linearised game."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gpreg.errors import UsageError
from gpreg.interfaces import ChosenRho
from gpreg.training.setup import Setup
from gpreg_theory.advice.points import curvature_scale, point_of, zeroed
from gpreg_theory.checks.evidence.draws import FEWEST
from gpreg_theory.linear.tuning import best_rho
from gpreg_theory.networks.equilibrium import NoConstruction
from gpreg_theory.networks.modes import ModalTable, modal_table
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Triplets, leading_triplets
from gpreg_theory.networks.trace import trace

MODES = 10
"""How many of the strongest generator-visible modes decide."""

NOISY = 1.25
"""Two batches whose numbers differ by more than this factor leave the choice to chance."""

SMALLEST = 1e-300
"""What a trace of 0 counts as where it divides."""

_REMEDY = "give --rho a number"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """A choice of rho.

    Attributes:
        rho: the choice.
        because: in words: best for which modes, or equal rho * trace Q.
        table: the modes that it was chosen by.
    """

    rho: float
    because: str
    table: ModalTable

    @property
    def choice(self) -> ChosenRho:
        """What a run takes."""
        return ChosenRho(rho=self.rho, because=self.because, document=self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it."""
        return {"rho": self.rho, "because": self.because, "modes": self.table.to_dict()}


def tune(setup: Setup, find: Callable[..., Triplets] = leading_triplets) -> Tuning:
    """Choose rho for an experiment as it stands; nothing of it is changed, no random number of it is drawn.

    The game is linearised where the critic's last layer is zero, with the features that the critic has at present and
    with data in the place of the penalty's fakes: an equilibrium by construction. There, rho is the one that makes
    the slowest of the strongest modes decay fastest, or the one with the ``rho * trace Q`` that the recipe asks for.

    The reason says so where the samples are so few that the number is theirs more than the law's: fewer than 16, or a
    second batch takes, with the same modes, a number that differs by more than a factor of :data:`NOISY`.

    Args:
        setup: set up, or in training.
        find: finds the modes of R, as of :func:`gpreg_theory.networks.modes.modal_table`.

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
    return Tuning(rho=float(f"{rho:.4g}"), because=because, table=table)


def _noise(table: ModalTable, second: GamePoint, rho: float, *, by_trace: bool) -> str:
    """What a second batch makes of the number, where that is something else or says little; empty where it agrees."""
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

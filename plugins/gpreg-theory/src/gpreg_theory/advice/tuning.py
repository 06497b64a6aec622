"""``rho = auto``: the coefficient that suits the measure, from the modes of the linearised game."""

import copy
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from gpreg.errors import UsageError
from gpreg.interfaces import GradientForm, PenaltyBatch
from gpreg.penalties.critics import preserved_buffers
from gpreg.runs.plan import Plan
from gpreg.training.advice import set_rho
from gpreg.training.device import cpu_threads
from gpreg.training.setup import Setup, set_up
from gpreg_theory.advice.checks import batch_of, samples_of, zeroed
from gpreg_theory.checks.evidence.draws import FEWEST
from gpreg_theory.checks.evidence.form import form_at_zero
from gpreg_theory.linear.tuning import best_rho
from gpreg_theory.networks.equilibrium import NoConstruction, last_linear
from gpreg_theory.networks.modes import ModalTable, modal_table
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.singular import Triplets, leading_triplets
from gpreg_theory.networks.trace import trace

_log = logging.getLogger(__name__)

MODES = 10
"""How many of the strongest generator-visible modes decide."""

DOUBLE = 200_000
"""Networks with up to so many parameters are linearised in float64, which tells weaker modes from roundoff."""

LARGE = 32
"""Larger networks are linearised on so many samples: time grows with them, and the strongest modes need no more."""

ON_THE_SIGMOID = 1 / 16
"""What a penalty on sigmoid(D) makes of Q at D = 0, where the sigmoid's slope is 1/4."""

NOISY = 1.25
"""Two batches whose numbers differ by more than this factor leave the choice to chance."""

FEWEST_IN_ALL = 4
"""Real samples and as many that stand for fakes, two of each."""

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

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it."""
        return {"rho": self.rho, "because": self.because, "modes": self.table.to_dict()}


def preview(plan: Plan) -> Tuning:
    """What ``rho = auto`` takes for a plan; a run of it takes the same number. Nothing is trained or written.

    Raises:
        UsageError: as :func:`tune` does, or choices clash.
        DataError: the data is not there.
    """
    with cpu_threads(plan.recipe.compute.threads):
        return tune(set_up(plan))


def tuned(setup: Setup, find: Callable[..., Triplets] = leading_triplets) -> Setup:
    """The set-up with a number for ``rho = auto``, in its recipe too.

    Raises:
        UsageError: as :func:`tune` does.
    """
    if setup.recipe.penalty.rho != "auto":
        return setup
    tuning = tune(setup, find)
    set_rho(setup, tuning.rho)
    _log.info("rho = %g: %s", tuning.rho, tuning.because)
    return setup.with_rho(tuning.rho)


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


def curvature_scale(form: GradientForm, of: str = "logit") -> float:
    """What the gradient form makes of Q: ``phi''(0) / 2`` for a form phi(|grad D|), 1 for ``|grad D|^2``.

    0 for a form that is flat at 0: it damps no mode to first order.

    Args:
        form: as chosen.
        of: what of the critic is penalised, ``"logit"`` or ``"sigmoid"``.

    Raises:
        UsageError: the form has a kink at 0, so that there is no linearised game.
    """
    own = form_at_zero(form)
    if not own.simple and own.slope != 0:
        raise UsageError(
            f"the game cannot be linearised with a gradient form that has a kink at 0: {own.evidence}",
            remedy="choose --form squared",
        )
    squash = ON_THE_SIGMOID if of == "sigmoid" else 1.0
    return squash * (1.0 if own.simple and abs(own.curvature / 2 - 1) < 1e-9 else own.curvature / 2)


def point_of(setup: Setup, critic: nn.Module, *, seed: int, equilibrium: bool) -> GamePoint:
    """The experiment's game at a point, on a frozen batch of a seed.

    Args:
        setup: whose choices and data these are.
        critic: at the point.
        seed: of the batch.
        equilibrium: whether it is the one by construction: the penalty's fakes are data, as where p_g = p_d, and of
            the critic's parameters only the last layer's count, because Q and R are zero on all others.

    Raises:
        UsageError: there are fewer than four samples.
        MeasureError: the measure does not keep its contract.
    """
    size = setup.data.size
    if size is not None and size < FEWEST_IN_ALL:
        raise UsageError(
            f"{size} samples in all are too few to linearise the game on two batches of them",
            remedy=f"give {FEWEST_IN_ALL} samples or more, or --rho a number",
        )
    players = critic, setup.generator
    small = sum(parameter.numel() for player in players for parameter in player.parameters()) <= DOUBLE
    n = samples_of(setup) if small else min(samples_of(setup), LARGE)
    batch = batch_of(setup, *players, n=n, seed=seed, equilibrium=equilibrium)
    with preserved_buffers(setup.generator), preserved_buffers(critic):
        sample = copy.deepcopy(setup.penalty).draw(with_copies(batch))
    generator: nn.Module = setup.generator
    layer = last_linear(critic, batch.real[:2], _few(batch.labels))[0] if equilibrium else None
    if small:
        critic, generator = copy.deepcopy(critic).double(), copy.deepcopy(generator).double()
    return GamePoint.of(
        critic,
        generator,
        real=batch.real,
        latent=batch.latent,
        sample=sample,
        loss=setup.loss,
        rho=setup.penalty.rho,
        labels=batch.labels,
        fake_labels=batch.fake_labels,
        parameters=None if layer is None else [f"{layer}.{name}" for name in _own_names(critic, layer)],
    )


def _few(labels: torch.Tensor | None) -> torch.Tensor | None:
    return None if labels is None else labels[:2]


def _own_names(critic: nn.Module, layer: str) -> list[str]:
    return [name for name, _ in critic.get_submodule(layer).named_parameters()]


def with_copies(batch: PenaltyBatch) -> PenaltyBatch:
    """The batch with copies of its players, so that a measure that runs them changes nothing."""
    return replace(batch, critic=copy.deepcopy(batch.critic), generator=copy.deepcopy(batch.generator))

"""Whether a measure depends on the critic: it draws for several critics with one seed, and without any critic.

If points and weights agree bit for bit for two critics, mu is the same for both. If the measure also draws the same
points when the critic is withheld from it, it cannot depend on any critic, and nothing is left to measure.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg_theory.checks.evidence.draws import (
    CriticSeenError,
    Line,
    draw,
    ignores_outputs,
    is_batch,
    weights_of,
    zero,
)

LINE = 11
"""The seed of the line along which the critic is moved."""

STEPS = (1e-2, 1e-1, 1.0)
"""How far the critic is moved along the line, relative to the size of its parameters."""


@dataclass(frozen=True, kw_only=True)
class Structure:
    """Which parts of a measure cannot depend on the critic.

    Attributes:
        points: whether the measure draws the same points when the critic is withheld, or its points are samples of the
            batch as they are.
        weights: whether the weights are the same when the critic and its outputs are withheld.
    """

    points: bool
    weights: bool

    @property
    def independent(self) -> bool:
        """Whether mu cannot depend on the critic."""
        return self.points and self.weights


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """How a measure's draws change with the critic, with one seed.

    Attributes:
        compared: number of perturbed critics; 0 for a critic that cannot be perturbed.
        points: the largest distance by which a point moves; ``inf`` where the number of points changes.
        weights: the largest change of a point's weight.
    """

    compared: int
    points: float
    weights: float


def dependence(measure: PenaltyMeasure, batch: PenaltyBatch) -> Dependence:
    """Compare the draws for perturbed critics with those for the critic itself."""
    line = Line.through(batch.critic, LINE)
    if line is None:
        return Dependence(compared=0, points=0.0, weights=0.0)
    own = draw(measure, batch, seed=0)
    points, weights = 0.0, 0.0
    for size in STEPS:
        other = draw(measure, replace(batch, critic=line.at(size)), seed=0)
        moved = _difference(own, batch.critic, other, line.critic)
        points, weights = max(points, moved[0]), max(weights, moved[1])
    return Dependence(compared=len(STEPS), points=points, weights=weights)


def structure(measure: PenaltyMeasure, batch: PenaltyBatch) -> Structure:
    """Find out what cannot depend on the critic, by drawing once with it and once without."""
    own = draw(measure, batch, seed=0)
    points, weights = _without_critic(measure, batch, own)
    return Structure(points=points or (own is not None and is_batch(own, batch)), weights=weights)


class _Withheld:
    """Takes the critic's place and raises an error at any use."""

    def __call__(self, *_: Any, **__: Any) -> Tensor:
        raise CriticSeenError

    def __getattr__(self, name: str) -> Any:
        raise CriticSeenError


def _without_critic(measure: PenaltyMeasure, batch: PenaltyBatch, own: PenaltySample | None) -> tuple[bool, bool]:
    """Whether the points, and the weights, can be drawn without the critic and are then the same."""
    if "critic" in measure.needs:
        return False, False
    try:
        other = draw(measure, replace(batch, critic=_Withheld()), seed=0)
    except CriticSeenError:
        return False, False
    if own is None or other is None:
        return own is other, own is other
    same = torch.equal(own.points, other.points)
    try:
        return same, ignores_outputs(other) and torch.equal(weights_of(own, zero), weights_of(other, zero))
    except CriticSeenError:
        return same, False


def _difference(
    one: PenaltySample | None, critic: nn.Module, other: PenaltySample | None, others: nn.Module
) -> tuple[float, float]:
    """The largest distance by which a point moves, and the largest change of a weight."""
    if one is None or other is None:
        return 0.0, 0.0 if one is other else float(weights_of(one or other, critic).abs().max())  # type: ignore[arg-type] # one of them is there
    if len(one.points) != len(other.points):
        return float("inf"), float("inf")
    points = (one.points - other.points).flatten(1).norm(dim=1).max()
    weights = (weights_of(one, critic) - weights_of(other, others)).abs().max()
    return float(points), float(weights)

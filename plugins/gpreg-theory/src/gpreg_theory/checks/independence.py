"""Assumption 5a, and of 6a the support: does the measure depend on the critic?

Two critics and one seed: if points and weights agree bit for bit, mu is the same for both. If, further, the measure
draws the same points when the critic is withheld from it, it never sees one, and nothing is left to measure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import CheckContext, Finding, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg_theory.checks.declared import of_the_theorem
from gpreg_theory.checks.draws import (
    CriticSeenError,
    Line,
    draw,
    frozen,
    has_trained_parts,
    ignores_outputs,
    is_batch,
    trimmed,
    weights_of,
    zero,
)
from gpreg_theory.checks.moving import LINE, moving_support

STEPS = (1e-2, 1e-1, 1.0)
"""How far critics are perturbed along a line, relative to the size of their parameters."""

_five_a = partial(Finding, assumption="5a", source=ASSUMPTIONS["5a"].source)
_six_a = partial(Finding, assumption="6a", source=ASSUMPTIONS["6a"].source)


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What of a measure cannot depend on the critic.

    Attributes:
        points: the measure draws the same ones when the critic is withheld from it, or they are samples as they are.
        weights: they, too, are the same when the critic and its outputs are withheld.
    """

    points: bool
    weights: bool

    @property
    def independent(self) -> bool:
        """Whether mu cannot depend on the critic."""
        return self.points and self.weights


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """How a measure's draws change with the critic, under one seed.

    Attributes:
        compared: number of perturbed critics; 0 for a critic that cannot be perturbed.
        points: largest distance between partners; ``inf`` where their number changes.
        weights: largest difference between their weights.
    """

    compared: int
    points: float
    weights: float


def check(context: CheckContext) -> Iterable[Finding]:
    """Assumptions 5a and 6a, where independence of the critic, or the lack of it, decides them."""
    if not of_the_theorem(context):
        return
    batches = trimmed(context.batch), trimmed(context.second_batch)
    found = tuple(dependence(context.measure, frozen(batch)) for batch in batches)
    statistics = _statistics(found)
    still = not any(own.points or own.weights for own in found)
    if still and all(structure(context.measure, batch).independent for batch in batches):
        yield from _independent(context, batches[0], statistics)
    elif all(own.points for own in found):
        by = " and ".join(f"{own.points:.2g}" for own in found)
        evidence = f"the points move with the critic, by up to {by} (two batches, one seed each)"
        yield _five_a(verdict="violated", basis="measured", evidence=evidence, statistics=statistics)
        yield moving_support(context, batches, statistics)
    elif all(own.weights for own in found) and not any(own.points for own in found):
        by = " and ".join(f"{own.weights:.2g}" for own in found)
        evidence = f"the weights change with the critic, by up to {by} (two batches, one seed each); points do not move"
        yield _five_a(verdict="violated", basis="measured", evidence=evidence, statistics=statistics)
        moving = moving_support(context, batches, statistics)
        yield from [moving] if moving.verdict == "violated" else []  # the check of the mass says what else is known
    else:
        reason = (
            "declared to need the critic" if "critic" in context.measure.needs else "not known to ignore the critic"
        )
        evidence = f"{reason}; {statistics['compared']} perturbed critics showed no dependence that both batches share"
        yield _five_a(verdict="undecided", basis="measured", evidence=evidence, statistics=statistics)


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
    """Draw once with the critic and once without."""
    own = draw(measure, batch, seed=0)
    points, weights = _without_critic(measure, batch, own)
    return Structure(points=points or (own is not None and is_batch(own, batch)), weights=weights)


class _Withheld:
    """In the critic's place: raises at any use."""

    def __call__(self, *_: Any, **__: Any) -> Tensor:
        raise CriticSeenError

    def __getattr__(self, name: str) -> Any:
        raise CriticSeenError


def _without_critic(measure: PenaltyMeasure, batch: PenaltyBatch, own: PenaltySample | None) -> tuple[bool, bool]:
    """Whether points, and weights, can be had without the critic, and are the same."""
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
    """The largest distance of partners, and the largest difference of their weights."""
    if one is None or other is None:
        return 0.0, 0.0 if one is other else float(weights_of(one or other, critic).abs().max())  # type: ignore[arg-type] # one of them is there
    if len(one.points) != len(other.points):
        return float("inf"), float("inf")
    points = (one.points - other.points).flatten(1).norm(dim=1).max()
    weights = (weights_of(one, critic) - weights_of(other, others)).abs().max()
    return float(points), float(weights)


def _independent(context: CheckContext, batch: PenaltyBatch, statistics: dict[str, Any]) -> Iterable[Finding]:
    why = "the measure draws the same points and weights, bit for bit, when the critic is withheld from it"
    alone = context.measure.needs <= {"real"} and not has_trained_parts(context.measure)
    constant = alone or draw(context.measure, batch, seed=0) is None
    if constant:
        evidence = f"{why}; nor does mu depend on the generator, so that it is constant"
        yield _five_a(verdict="holds", basis="proved", evidence=evidence, statistics=statistics)
    else:
        evidence = f"{why}; what is left is that mu converges"
        yield _five_a(verdict="undecided", basis="proved", evidence=evidence, statistics=statistics)
    evidence = f"{why}: its derivatives by psi are zero, and its mass is constant"
    yield _six_a(verdict="holds", basis="proved", evidence=evidence, statistics=statistics)


def _statistics(found: tuple[Dependence, ...]) -> dict[str, Any]:
    return {
        "compared": found[0].compared,
        "points": [own.points for own in found],
        "weights": [own.weights for own in found],
    }

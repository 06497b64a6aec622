"""Assumptions 1, 3 and 6c: D* is constant around the data, where the generator goes, and where the penalty looks."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.errors import GpregError
from gpreg.interfaces import CheckContext, Finding, PenaltyBatch
from gpreg.interfaces.finding import Basis, Verdict
from gpreg_theory.checks.constant import constant_by_structure
from gpreg_theory.checks.declared import not_of_the_theorem, of_the_theorem
from gpreg_theory.checks.frozen import FrozenGame, in_float64, refuse_coupling, undecided
from gpreg_theory.checks.tube import FLAT, Ruler, flatness, ratio
from gpreg_theory.networks.players import GeneratorPlayer

WITNESS = 0.1
"""A relative spread or slope above this is a counterexample; what lies between is undecided."""

DIRECTIONS = 4
"""How many directions the generator is moved in."""

STEPS = (1e-1, 1e-3, 1e-5)
"""How far, in units of the size of its parameters (at least 1)."""

MISSED = 0.05
"""Of no more than this share of the tube nothing may be known where D is said to be constant."""

ROUNDOFF = 1e-12
"""A field of float64 up to this is at rest whatever it is compared with."""

_SOURCE = "Kim, Park and Hwang (2018), Assumption {}"
_REALIZABLE = "that p_theta* = p_d is assumed, which no check can show"
_NOT_YET = "this is not an equilibrium, and D need not be constant before there is one"


def check(context: CheckContext) -> Iterable[Finding]:
    """Assumptions 1, 3 and 6c.

    At the point ``"construction"``, and wherever the critic's last layer is zero, D is constant everywhere, so that
    all three hold by structure. Elsewhere they are measured relative to ``context.reference``; without one, relative
    to a critic with ``|grad D| = 1`` everywhere, whose spread is ``sup |x - mean x|``.
    """
    if not of_the_theorem(context):
        for name in ("1", "3"):
            yield undecided(name, not_of_the_theorem(context), "use the form squared")
        return
    try:
        because = constant_by_structure(context.batch.critic, context.batch)
        if because is not None:
            yield from _proved(context, because)
            return
        batches = [in_float64(batch) for batch in (context.batch, context.second_batch)]
        for batch in batches:
            refuse_coupling(batch)
        reference = (
            in_float64(context.batch, limit=1, critic=context.reference).critic
            if isinstance(context.reference, nn.Module)
            else None
        )
        for one in (_around_data, _along_generator, _under_measure):
            yield one(context, batches, reference)
    except GpregError as error:
        for name in ("1", "3", "6c"):
            yield undecided(name, error.message, error.remedy)


def _proved(context: CheckContext, because: str) -> Iterable[Finding]:
    lead = f"{because}, so that D is constant everywhere"
    told: dict[str, Any] = {}
    yield _finding("1", "holds", "proved", f"{lead}; {_REALIZABLE}", statistics=told | {"realizability": "assumed"})
    yield _finding("3", "holds", "proved", lead, statistics=told)
    yield _finding("6c", "holds", "proved", f"{lead}, and its gradient zero wherever mu goes", statistics=told)


def _around_data(context: CheckContext, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Finding:
    """Assumption 1."""
    seen = [flatness(batch.critic, reference, batch.real, batch.labels) for batch in batches]
    fields = [_field(context, batch, reference) for batch in batches]
    statistics = {"batches": [asdict(one) for one in seen], "fields": fields, "realizability": "assumed"}
    spread, slope = max(one.spread for one in seen), max(one.slope for one in seen)
    told = f"D varies by {spread:.2g} on the data and within {seen[0].radius:.2g} of it, and its slope is {slope:.2g}, "
    told += "relative to a critic of slope 1" if reference is None else "relative to the initial critic"
    if context.point == "equilibrium" and all(one.flat and one.missed <= MISSED for one in seen):
        evidence = f"{told}; with 99 % confidence this is so on all but {seen[1].missed:.1%} of the tube; {_REALIZABLE}"
        return _finding("1", "holds", "measured", evidence, statistics=statistics)
    resting = all(field is not None and field <= FLAT for field in fields)
    if resting and min(one.spread for one in seen) > WITNESS:
        evidence = f"{told}, though the game is at rest, on both batches: an equilibrium whose critic is not constant"
        remedy = "choose a measure whose penalty sees D around the data, such as pd or mid"
        return _finding("1", "violated", "measured", evidence, remedy=remedy, statistics=statistics)
    reason = _NOT_YET if context.point == "training" else "neither flat enough nor shown to be at rest"
    return undecided("1", f"{told}; {reason}", statistics=statistics)


def _along_generator(context: CheckContext, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Finding:
    """Assumption 3."""
    if context.point != "equilibrium":
        return undecided("3", _NOT_YET)
    if any(batch.generator is None or batch.latent is None for batch in batches):
        return undecided("3", "the generator is no nn.Module, or its codes are not known, so that it cannot be moved")
    runs = [_deviations(batch, reference) for batch in batches]
    statistics = {"steps": list(STEPS), "deviations": runs, "directions": DIRECTIONS}
    least, most = min(map(min, runs)), max(map(max, runs))
    if least > WITNESS:
        evidence = "however little theta moves, D at the generator's samples differs from its mean over the data: by "
        evidence += (
            f"{least:.2g} of what the reference does or more, at all steps down to {STEPS[-1]:g}, on both batches"
        )
        remedy = "linearise where D is constant; before training, gpreg check does so"
        return _finding("3", "violated", "measured", evidence, remedy=remedy, statistics=statistics)
    evidence = (
        f"no counterexample in {DIRECTIONS} directions of theta (D differs from its mean over the data by at most "
    )
    evidence += f"{most:.2g} of what the reference does), which does not prove that there is none"
    return undecided("3", evidence, statistics=statistics)


def _under_measure(context: CheckContext, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Finding:
    """Assumption 6c."""
    if context.point != "equilibrium":
        return undecided("6c", _NOT_YET)
    seen = [_steepness(context, batch, reference) for batch in batches]
    slopes = [slope for slope, _ in seen]
    statistics = {"slopes": slopes, "steepest": [where for _, where in seen]}
    if min(slopes) > WITNESS:
        evidence = (
            f"the root mean square of |grad D*| under mu is {min(slopes):.2g} of the reference's or more, on both "
        )
        evidence += "batches: the penalty is not zero here"
        remedy = "let mu stay where D* is flat (pd), or linearise where D* is constant wherever mu goes"
        return _finding("6c", "violated", "measured", evidence, remedy=remedy, statistics=statistics)
    evidence = (
        f"the root mean square of |grad D*| under mu is {max(slopes):.2g} of the reference's, at theta* and near it"
    )
    return undecided(
        "6c", f"{evidence}: that it is zero only structure can show, such as a zero last layer", statistics=statistics
    )


def _deviations(batch: PenaltyBatch, reference: nn.Module | None) -> list[float]:
    """For each step the largest ``|D(G(z)) - mean D(real)|`` over directions, relative to the reference's."""
    maker = GeneratorPlayer(batch.generator, chunk=len(batch.latent))
    rulers = Ruler(batch.critic), Ruler(reference)
    largest = []
    for step in STEPS:
        ratios = []
        for theta in _nearby(maker.vector, step, DIRECTIONS):
            with maker.placed(theta):
                fake, labels = maker.samples(batch.latent, batch.labels_of_fake), batch.labels_of_fake
            ratios.append(ratio(*(ruler.spread(fake, labels, batch.real, batch.labels) for ruler in rulers)))
        largest.append(max(ratios))
    return largest


def _steepness(
    context: CheckContext, batch: PenaltyBatch, reference: nn.Module | None
) -> tuple[float, list[float] | None]:
    """Root mean square of ``|grad D|`` under mu at theta* and near it, relative to the reference's, and where."""
    game = FrozenGame.of(context, batch)
    psi, theta = game.point.psi, game.point.theta
    rulers = Ruler(batch.critic), Ruler(reference)
    worst: tuple[float, list[float] | None] = (0.0, None)
    for point in (game.point, game.at(psi, *_nearby(theta, STEPS[-1], 1))):
        if point.sample is None:
            return worst
        x, y = point.sample.points, point.sample.labels
        m = x.new_ones(len(x)) if point.weights is None else point.weights
        squares = [m * ruler.slopes(x, y).square() for ruler in rulers]
        steepest = x[squares[0].argmax()].flatten().tolist()
        relative = ratio(*(square.mean().sqrt().item() for square in squares))
        worst = max(worst, (relative, steepest if len(steepest) <= 8 else None), key=lambda pair: pair[0])
    return worst


def _field(context: CheckContext, batch: PenaltyBatch, reference: nn.Module | None) -> float | None:
    """The norm of the game's field relative to that with the reference as critic; ``None`` without a reference."""
    if reference is None:
        return None
    norms = []
    for critic in (batch.critic, reference):
        psi, theta = FrozenGame.of(context, batch, critic=critic).point.field()
        norms.append(math.hypot(psi.norm().item(), theta.norm().item()))
    return 0.0 if norms[0] <= ROUNDOFF else ratio(*norms)


def _nearby(theta: Tensor, step: float, n: int) -> Iterable[Tensor]:
    """``theta + step * max(|theta|, 1) * w`` for n fixed random unit vectors w."""
    rng = torch.Generator().manual_seed(1)
    noise = torch.randn(n, len(theta), generator=rng, dtype=torch.float64).to(theta)
    unit = nn.functional.normalize(noise, dim=1)
    return list(theta + step * max(theta.norm().item(), 1.0) * unit)


def _finding(
    assumption: str,
    verdict: Verdict,
    basis: Basis,
    evidence: str,
    *,
    remedy: str = "",
    statistics: Mapping[str, Any] = MappingProxyType({}),
) -> Finding:
    return Finding(
        assumption=assumption,
        verdict=verdict,
        basis=basis,
        evidence=evidence,
        statistics=statistics,
        remedy=remedy,
        source=_SOURCE.format(assumption),
    )

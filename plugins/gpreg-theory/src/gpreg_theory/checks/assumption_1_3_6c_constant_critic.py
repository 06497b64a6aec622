"""Assumptions 1, 3 and 6c: D* is constant around the data, where the generator goes, and where the penalty looks."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyBatch
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.frozen import frozen_game, in_float64, refuse_coupling
from gpreg_theory.checks.evidence.tube import FLAT, WITNESS, Ruler, flatness, ratio
from gpreg_theory.networks.players import GeneratorPlayer

DIRECTIONS = 4
"""The number of directions in which the generator is moved."""

STEPS = (1e-1, 1e-3, 1e-5)
"""How far the generator is moved, in units of the size of its parameters (at least 1)."""

MISSED = 0.05
"""The largest share of the tube that the samples may have missed where D is said to be constant."""

ROUNDOFF = 1e-12
"""A field in float64 up to this counts as zero, whatever it is compared with."""

_REALIZABLE = "that p_theta* = p_d is assumed, which no check can show"
_NOT_YET = "this is not an equilibrium, and D need not be constant before there is one"


@deciding("1", "3", "6c")
def check(case: Case) -> Iterable[Said]:
    """Decide by structure, or else measure whether D is constant and its gradient zero where they should be.

    At the point ``"construction"``, and wherever the critic's last layer is zero, D is constant everywhere, so that
    all three hold by structure. Elsewhere they are measured relative to the context's ``reference``; without one,
    relative to a critic with ``|grad D| = 1`` everywhere, whose spread is ``sup |x - mean x|``.
    """
    if case.constant:
        lead = f"{case.constant}, so that D is constant everywhere"
        yield holds(f"{lead}; {_REALIZABLE}", statistics={"realizability": "assumed"}, basis="proved", of="1")
        yield holds(lead, basis="proved", of="3")
        yield holds(f"{lead}, and its gradient zero wherever mu goes", basis="proved", of="6c")
        return
    batches = [in_float64(batch) for batch in case.pair]
    for batch in batches:
        refuse_coupling(batch)
    known = isinstance(case.reference, nn.Module)
    reference = in_float64(case.batch, limit=1, critic=case.reference).critic if known else None
    yield _around_data(case, batches, reference)
    yield _along_generator(case, batches, reference)
    yield _under_measure(case, batches, reference)


def _around_data(case: Case, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Said:
    """Assumption 1: D is constant around the data."""
    seen = [flatness(batch.critic, reference, batch.real, batch.labels) for batch in batches]
    fields = [_field(case, batch, reference) for batch in batches]
    statistics = {"batches": [asdict(one) for one in seen], "fields": fields, "realizability": "assumed"}
    spread, slope = max(one.spread for one in seen), max(one.slope for one in seen)
    told = f"D varies by {spread:.2g} on the data and within {seen[0].radius:.2g} of it, and its slope is {slope:.2g}, "
    told += "relative to a critic of slope 1" if reference is None else "relative to the initial critic"
    if case.point == "equilibrium" and all(one.flat and one.missed <= MISSED for one in seen):
        evidence = f"{told}; with 99 % confidence this is so on all but {seen[1].missed:.1%} of the tube; {_REALIZABLE}"
        return holds(evidence, statistics=statistics, of="1")
    resting = all(field is not None and field <= FLAT for field in fields)
    if resting and min(one.spread for one in seen) > WITNESS:
        evidence = f"{told}, though the game is at rest, on both batches: an equilibrium whose critic is not constant"
        remedy = "choose a measure whose penalty sees D around the data, such as pd or mid"
        return violated(evidence, remedy, statistics, of="1")
    reason = _NOT_YET if case.point == "training" else "neither flat enough nor shown to be at rest"
    return undecided(f"{told}; {reason}", statistics=statistics, of="1")


def _along_generator(case: Case, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Said:
    """Assumption 3: D stays constant at the generator's samples as theta moves."""
    if case.point != "equilibrium":
        return undecided(_NOT_YET, of="3")
    if any(batch.generator is None or batch.latent is None for batch in batches):
        return undecided(
            "the generator is no nn.Module, or its codes are not known, so that it cannot be moved", of="3"
        )
    runs = [_deviations(batch, reference) for batch in batches]
    statistics = {"steps": list(STEPS), "deviations": runs, "directions": DIRECTIONS}
    least, most = min(map(min, runs)), max(map(max, runs))
    if least > WITNESS:
        evidence = (
            "however little theta moves, D at the generator's samples differs from its mean over the data: by "
            f"{least:.2g} of what the reference does or more, at all steps down to {STEPS[-1]:g}, on both batches"
        )
        remedy = "linearise where D is constant; before training, gpreg check does so"
        return violated(evidence, remedy, statistics, of="3")
    evidence = (
        f"no counterexample in {DIRECTIONS} directions of theta (D differs from its mean over the data by at most "
        f"{most:.2g} of what the reference does), which does not prove that there is none"
    )
    return undecided(evidence, statistics=statistics, of="3")


def _under_measure(case: Case, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Said:
    """Assumption 6c: the gradient of D is zero where the penalty looks."""
    if case.point != "equilibrium":
        return undecided(_NOT_YET, of="6c")
    seen = [_steepness(case, batch, reference) for batch in batches]
    slopes = [slope for slope, _ in seen]
    statistics = {"slopes": slopes, "steepest": [where for _, where in seen]}
    if min(slopes) > WITNESS:
        evidence = (
            f"the root mean square of |grad D*| under mu is {min(slopes):.2g} of the reference's or more, on both "
            "batches: the penalty is not zero here"
        )
        remedy = "let mu stay where D* is flat (pd), or linearise where D* is constant wherever mu goes"
        return violated(evidence, remedy, statistics, of="6c")
    evidence = (
        f"the root mean square of |grad D*| under mu is {max(slopes):.2g} of the reference's, at theta* and near it"
        ": that it is zero only structure can show, such as a zero last layer"
    )
    return undecided(evidence, statistics=statistics, of="6c")


def _deviations(batch: PenaltyBatch, reference: nn.Module | None) -> list[float]:
    """For each step, the largest ``|D(G(z)) - mean D(real)|`` over the directions, relative to the reference's."""
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


def _steepness(case: Case, batch: PenaltyBatch, reference: nn.Module | None) -> tuple[float, list[float] | None]:
    """Root mean square of ``|grad D|`` under mu at theta* and near it, relative to the reference's, and where."""
    game = frozen_game(case, batch)
    psi, theta = game.psi, game.theta
    rulers = Ruler(batch.critic), Ruler(reference)
    worst: tuple[float, list[float] | None] = (0.0, None)
    for point in (game, game.at(psi, *_nearby(theta, STEPS[-1], 1))):
        if point.sample is None:
            return worst
        x, y = point.sample.points, point.sample.labels
        m = x.new_ones(len(x)) if point.weights is None else point.weights
        squares = [m * ruler.slopes(x, y).square() for ruler in rulers]
        steepest = x[squares[0].argmax()].flatten().tolist()
        relative = ratio(*(square.mean().sqrt().item() for square in squares))
        worst = max(worst, (relative, steepest if len(steepest) <= 8 else None), key=lambda pair: pair[0])
    return worst


def _field(case: Case, batch: PenaltyBatch, reference: nn.Module | None) -> float | None:
    """The norm of the gradient flow's field, relative to that with the reference as critic; ``None`` without one."""
    if reference is None:
        return None
    norms = []
    for critic in (batch.critic, reference):
        psi, theta = frozen_game(case, batch, critic=critic).field()
        norms.append(math.hypot(psi.norm().item(), theta.norm().item()))
    return 0.0 if norms[0] <= ROUNDOFF else ratio(*norms)


def _nearby(theta: Tensor, step: float, n: int) -> Iterable[Tensor]:
    """``theta + step * max(|theta|, 1) * w`` for n fixed random unit vectors w."""
    rng = torch.Generator().manual_seed(1)
    noise = torch.randn(n, len(theta), generator=rng, dtype=torch.float64).to(theta)
    unit = nn.functional.normalize(noise, dim=1)
    return list(theta + step * max(theta.norm().item(), 1.0) * unit)

"""Assumptions 5b and 5c: does the limit mu* of the measure cover the data, and does it stay close to it?

Samples cannot show a support, only an effective one: "the data" is where all but a stated share of it lies, and a hole
or an outlier is told apart at the scale of the distance between neighbours. A mixture of Gaussians has the whole space
as its support, so that 5b and 5c hold or fail trivially for it; what is measured is what matters in practice.

In many dimensions these tests say nothing: midpoints are nearer to everything than data is, and data is sparse.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from gpreg.interfaces import PenaltyBatch, PenaltySample
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.draws import (
    FEWEST,
    Points,
    at_equilibrium,
    cloud,
    draw,
    flat,
    ignores_outputs,
    is_batch,
    weights_of,
)
from gpreg_theory.checks.evidence.neighbours import (
    ERROR,
    QUANTILE,
    SHARE,
    TRUSTED_DIMENSION,
    emptiest,
    gap,
    nearest,
    outside,
)

PAIRINGS = 64
"""How often the same samples are paired anew, to see everywhere that mu* has mass."""

_CAVEAT = f"S is taken as its effective support, where {QUANTILE:.1%} of the data lies"


_PART_OF_S = "mu's points are real samples, so that its support lies in S"


@deciding("5b", "5c")
def check(case: Case) -> Iterable[Said]:
    """Decide by structure where mu's points are samples, and else by the distances of neighbours."""
    fed = [at_equilibrium(case, batch) for batch in case.trimmed]
    first = fed[0]
    if first is None or None in fed:
        yield from _both("mu* cannot be drawn here: it depends on what the players have not yet come to")
        return
    sample = draw(case.measure, first, seed=0)
    if case.point == "training" and sample is not None and not ignores_outputs(sample):
        yield from _both("mu weighs its points by a critic that is not yet the equilibrium's")
        return
    proved = _structural(case, first, sample)
    yield from proved
    known = {said.of for said in proved}
    if not {"5b", "5c"} <= known:
        yield from (said for said in _measured(case) if said.of not in known)


def _both(evidence: str, statistics: dict[str, Any] | None = None, *, aside: str = "") -> list[Said]:
    """Leave both undecided; the aside is added to 5b alone."""
    known = statistics or {}
    return [undecided(evidence + aside, statistics=known, of="5b"), undecided(evidence, statistics=known, of="5c")]


def _structural(case: Case, fed: PenaltyBatch, sample: PenaltySample | None) -> list[Said]:
    """What needs no statistics: the zero measure, and points that *are* the samples."""
    if sample is None:
        nothing = "mu is the zero measure: there is no penalty, so nothing is covered"
        nowhere = "mu is the zero measure, which is nowhere"
        return [violated(nothing, basis="proved", of="5b"), undecided(nowhere, basis="proved", of="5c")]
    if not is_batch(sample, fed):
        return _selecting(case, fed, sample)
    everywhere = bool((weights_of(sample, fed.critic) > 0).all())
    if sample.at == "real":
        why = "mu's points are the real samples: its support is S"
        staying = holds(why if everywhere else _PART_OF_S, basis="proved", of="5c")
        return [holds(why, basis="proved", of="5b"), staying] if everywhere else [staying]
    if not everywhere:
        return []
    covering = "mu's points are the samples themselves; p_g tends to p_d (assumption 1)"
    staying = undecided("it is a matter of p_g: whether its support enters a tube around S", basis="proved", of="5c")
    return [holds(covering, basis="proved", of="5b"), staying]


def _selecting(case: Case, fed: PenaltyBatch, sample: PenaltySample) -> list[Said]:
    """5c of a measure that picks real samples: tried with this batch, and with the same samples plus noise."""
    rng = torch.Generator(fed.real.device).manual_seed(0)
    other = torch.randn(fed.real.shape, generator=rng, device=fed.real.device, dtype=torch.float64).to(fed.real)
    strange = draw(case.measure, replace(fed, real=fed.real + other), seed=1)
    if strange is None or not len(strange.points) or not len(sample.points):
        return []
    if _among(sample.points, fed.real) and _among(strange.points, fed.real + other):
        return [holds(_PART_OF_S, basis="proved", of="5c")]
    return []


def _among(points: Tensor, samples: Tensor) -> bool:
    """Whether each point is one of the samples, bit for bit."""
    rows = {row.tobytes() for row in samples.detach().flatten(1).cpu().float().numpy()}
    return all(row.tobytes() in rows for row in points.detach().flatten(1).cpu().float().numpy())


def _measured(case: Case) -> Iterable[Said]:
    batches = case.trimmed
    if len(batches[0].real) < FEWEST:
        return _both(f"{len(batches[0].real)} samples are too few to show a support")
    data = tuple(_data(case, batch) for batch in batches)
    d = data[0].shape[1]
    if d > TRUSTED_DIMENSION:
        evidence = (
            f"not tested: in {d} dimensions midpoints are nearer to everything than data is, and samples are sparse, "
            f"so that distances between neighbours mislead (more than {TRUSTED_DIMENSION})"
        )
        return _both(evidence, {"dimensions": d}, aside="; the coverage constant c(mu) of 6b measures what 5b is for")
    drawn = tuple(_points(case, batch, 1) for batch in batches)
    if not any(map(len, drawn)):
        return [violated("mu* has no mass: all weights are zero, in both batches", of="5b")]
    fewest = min(map(len, drawn))
    if fewest < FEWEST:
        return _both(f"of mu* only {fewest} points with mass were drawn, too few to show a support")
    everywhere = tuple(_points(case, batch, PAIRINGS) for batch in batches)
    return [_covers(drawn, everywhere, data), _stays(drawn, data)]


def _covers(drawn: tuple[Points, ...], everywhere: tuple[Points, ...], data: tuple[Points, ...]) -> Said:
    """5b: find the emptiest ball on one batch and test it on the other; and bound all balls of both."""
    (first, second), halves = everywhere, [_halves(own) for own in data]
    hole = emptiest(first, *halves[1])
    gaps = [gap(hole, own) for own in everywhere]
    present = cKDTree(data[0]).query_ball_point(hole.centre, hole.radius, return_length=True) / len(data[0])
    bounds = [emptiest(own, *other) for own, other in zip(drawn, halves[::-1], strict=True)]
    ratio, low, high = nearest(drawn[0], *halves[1])
    statistics: dict[str, Any] = {
        "samples": [len(first), len(second)],
        "centre": hole.centre,
        "radius": hole.radius,
        "share_of_data": [hole.share, present],
        "gap": [own.distance for own in gaps],
        "spacing": [own.spacing for own in gaps],
        "ratio_lower": [ball.lower for ball in bounds],
        "nearest_neighbour_ratio": ratio,
        "nearest_neighbour_interval": [low, high],
    }
    surprising = all((1 - hole.share) ** len(own) <= ERROR for own in drawn)
    if all(own.opens for own in gaps) and present >= hole.share / 4 and surprising:
        evidence = (
            f"{hole.share:.0%} and {present:.0%} of the data (two batches) are within {hole.radius:.3g} of "
            f"{_text(hole.centre)}, but the nearest of mu*'s {len(first)} and {len(second)} points are "
            f"{gaps[0].distance:.3g} and {gaps[1].distance:.3g} away; {_CAVEAT}"
        )
        remedy = "choose a measure that has mass wherever data is"
        return violated(evidence, remedy, statistics, of="5b")
    lower = min(ball.lower for ball in bounds)
    if lower > SHARE:
        scale, least = max(ball.radius for ball in bounds), min(ball.share for ball in bounds)
        evidence = (
            f"in every ball about a sample that holds {least:.0%} of the data (radius up to {scale:.3g}) mu* has at "
            f"least {lower:.2g} of the data's mass, in both batches, at 99 %; {_CAVEAT}"
        )
        return holds(evidence, statistics=statistics, of="5b")
    evidence = (
        f"no part of the data without mass of mu* was found twice; the least covered ball holds {hole.ratio:.2g} of "
        f"the data's mass, not bounded away from 0 at 99 %; {_CAVEAT}"
    )
    return undecided(evidence, statistics=statistics, of="5b")


def _stays(drawn: tuple[Points, ...], data: tuple[Points, ...]) -> Said:
    """5c: measure the share of mu* off the data, by data from which mu* was not drawn."""
    seen = [outside(own, *_halves(other)) for own, other in zip(drawn, data[::-1], strict=True)]
    statistics = {
        "outside": [own.share for own in seen],
        "outside_lower": [own.lower for own in seen],
        "excused": [own.excused for own in seen],
        "radius": [own.radius for own in seen],
        "samples": [own.n for own in seen],
        "witness": [own.witness for own in seen],
    }
    shares = " and ".join(f"{own.share:.1%}" for own in seen)
    if all(own.significant for own in seen):
        evidence = (
            f"{shares} of mu*'s points (two batches) are farther than {seen[0].radius:.3g} from the data, at least "
            f"{min(own.lower for own in seen):.1%} at 99 %; for example {_text(seen[0].witness)}; {_CAVEAT}"
        )
        remedy = "use pd, whose points are the data, unless the critic is flat where mu goes (6c)"
        return violated(evidence, remedy, statistics, of="5c")
    evidence = f"{shares} of mu*'s points (two batches) are off the data, which is no evidence against it; {_CAVEAT}"
    return undecided(evidence, statistics=statistics, of="5c")


def _points(case: Case, batch: PenaltyBatch, pairings: int) -> Points:
    """``(N, d)``: the points of mu* that carry mass, from the same samples paired anew ``pairings`` times."""
    fed = (at_equilibrium(case, batch, (1 + i / pairings) / 3) for i in range(pairings))
    first, *others = (cloud(case.measure, own, seed).carried for seed, own in enumerate(fed) if own)
    # if pairing anew changes nothing the points count once: repeated points are not more points
    return np.concatenate([first, *(own for own in others if not np.array_equal(own, first))])


def _data(case: Case, batch: PenaltyBatch) -> Points:
    both = case.point == "construction"
    return flat(torch.cat([batch.real, batch.fake]) if both else batch.real)


def _halves(data: Points) -> tuple[Points, Points]:
    cuts = (0, len(data) // 2, len(data))
    first, second = (data[start:stop] for start, stop in pairwise(cuts))
    return first, second


def _text(point: tuple[float, ...]) -> str:
    return f"({', '.join(f'{value:.3g}' for value in point)})"

"""Assumption 6a, the support: does it move with the critic?

Points that move need not take the support with them: noise about a moving centre covers the whole space wherever the
centre is, and weights that change need not vanish anywhere. So the critic is moved until the points have moved by a
part of their own spread. Then it is counted how many points lie where there were none before, and how many lay where
there are none any more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure
from gpreg_theory.checks.assumption_5a_6a_independence import moved
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, undecided, violated
from gpreg_theory.checks.evidence.dependence import LINE
from gpreg_theory.checks.evidence.draws import FEWEST, Line, Points, cloud
from gpreg_theory.checks.evidence.neighbours import ERROR, SHARE, TRUSTED_DIMENSION, Outside, lower_bound, outside

NUDGES = (0.01, 0.03, 0.1, 0.3, 1.0)
"""How far the critic may be moved, relative to the size of its parameters; the farthest that :data:`CALM` allows."""

CALM = 0.5
"""Points may move by this part of their standard deviation; an unbounded law still covers the same places then."""

SMALL = 0.2
"""How far the critic is moved where points stay and only weights change."""

LINES = 8
"""The number of lines along which it is then moved."""

THINNED = 32
"""The number of draws with each critic on these lines."""

LINEAR = 3.0
"""Points must go on as they began, to within this factor: the assumption is about small moves of the critic."""

DRAWS = 16
"""How often the measure is drawn anew with the same samples, so that its own randomness shows its support."""

SAMPLES = 2048
"""The number of samples, where so many can be drawn."""


def _moves(case: Case) -> bool:
    """Whether the points move with the critic on both batches, or on both only the weights change."""
    found = case.dependences
    points = [bool(own.points) for own in found]
    return all(points) or (all(own.weights for own in found) and not any(points))


@deciding("6a", applies=_moves)
def check(case: Case) -> Iterable[Said]:
    """Decide 6a as far as it is about the support, for a measure whose points or weights change with the critic."""
    said = _support(case, moved(case))
    if said.verdict == "violated" or case.dependences[0].points:
        yield said  # the check of the mass says what else is known of weights that change


def _support(case: Case, statistics: dict[str, Any]) -> Said:
    pair = case.trimmed
    if pair[0].real is not None and pair[0].real.shape[1:].numel() > TRUSTED_DIMENSION:
        evidence = "mu changes with the critic; whether its support does cannot be told in so many dimensions"
        return undecided(evidence, statistics=statistics)
    if case.fresh is not None:
        pair = case.fresh(SAMPLES, 4), case.fresh(SAMPLES, 5)
    gone = _vanished(case.measure, pair)
    if all(lower > SHARE for _, lower in gone):
        return violated(
            f"the support moves with the critic: at parameters {SMALL:.0%} away {gone[0][0]:.1%} and {gone[1][0]:.1%} "
            "of the points (two batches) lose all of their mass, or have some where they had none",
            "give every point a weight that is positive for any critic, such as a sigmoid",
            statistics | {"vanished": [share for share, _ in gone]},
        )
    seen = [_compared(case.measure, here, there) for here, there in (pair, pair[::-1])]
    left = [[own[i] for own in seen if own is not None] for i in range(2)]
    for way, told in zip(left, ("where there were none before", "where there are none any more"), strict=True):
        if len(way) == len(pair) and all(own.significant for own in way):
            return violated(
                f"the support moves with the critic: {' and '.join(f'{own.share:.0%}' for own in way)} of the points "
                f"(two batches) are {told}, farther from all others than those are from each other",
                "choose a measure whose points do not depend on the critic",
                statistics | {"outside": [own.share for own in way], "distance": [own.radius for own in way]},
            )
    evidence = "mu changes with the critic, but not visibly its support; see the weak derivative"
    return undecided(evidence, statistics=statistics)


def _compared(measure: PenaltyMeasure, here: PenaltyBatch, there: PenaltyBatch) -> tuple[Outside, Outside] | None:
    """The share of new points outside the old support, and of old ones outside the new; ``None`` with too few."""
    lines = [Line.through(batch.critic, LINE) for batch in (here, there)]
    if None in lines:
        return None
    h = _nudge(measure, here, lines[0])  # type: ignore[arg-type] # none is None
    if h is None:
        return None
    before = [_carried(measure, batch, first) for batch, first in ((here, 1), (there, 101))]
    after = [
        _carried(measure, replace(batch, critic=line.at(h)), first)  # type: ignore[union-attr] # none is None
        for batch, line, first in zip((here, there), lines, (1, 101), strict=True)
    ]
    if min(map(len, (*before, *after))) < FEWEST:
        return None
    return outside(after[0], before[1], before[0]), outside(before[0], after[1], after[0])


def _vanished(measure: PenaltyMeasure, pair: Sequence[PenaltyBatch]) -> list[tuple[float, float]]:
    """The share of fixed points that have mass with one critic and never with another, and its lower 99 % bound.

    Each batch is tested along the line that shows most on the other. Weights that are drawn at random are drawn
    several times, because a point that is thinned out only now and then stays in the support.
    """
    flips = [[_flipped(measure, batch, LINE + i) for i in range(LINES)] for batch in pair]
    found = []
    for own, other in (flips, flips[::-1]):
        flipped = own[int(np.argmax([flips.mean() if len(flips) else 0.0 for flips in other]))]
        count, n = int(flipped.sum()), len(flipped)
        found.append((count / n, lower_bound(count, n, ERROR)) if n else (0.0, 0.0))
    return found


def _flipped(measure: PenaltyMeasure, batch: PenaltyBatch, seed: int) -> NDArray[np.bool_]:
    """``(N,)``, which points have mass with one critic and not with another; empty where points move."""
    line = Line.through(batch.critic, seed)
    if line is None:
        return np.zeros(0, dtype=bool)
    shares, first = [], cloud(measure, replace(batch, critic=line.at(0.0)), 0)
    for h in (0.0, SMALL):
        here = replace(batch, critic=line.at(h))
        draws = [cloud(measure, here, own) for own in range(2)]
        if not np.array_equal(draws[0].weights, draws[1].weights):
            draws += [cloud(measure, here, own) for own in range(2, THINNED)]
        if not all(np.array_equal(own.points, first.points) for own in draws):
            return np.zeros(0, dtype=bool)
        shares.append(np.mean([own.weights > 0 for own in draws], axis=0))
    before, after = shares
    flipped: NDArray[np.bool_] = ((before >= 0.5) & (after == 0)) | ((after >= 0.5) & (before == 0))
    return flipped


def _nudge(measure: PenaltyMeasure, batch: PenaltyBatch, line: Line) -> float | None:
    """How far the critic is moved; ``None`` where no point moves with it."""
    start = cloud(measure, replace(batch, critic=line.at(0.0)), 1).points
    if len(start) < FEWEST:
        return NUDGES[0]
    scale = float(np.sqrt(start.var(0).mean()))
    moved = [float(_moved(start, cloud(measure, replace(batch, critic=line.at(h)), 1).points)) for h in NUDGES]
    if not any(moved):
        return None
    chosen = NUDGES[0]
    for h, own in zip(NUDGES[1:], moved[1:], strict=True):
        expected = moved[0] * h / NUDGES[0]
        if own > CALM * scale or not expected / LINEAR <= own <= expected * LINEAR:
            break
        chosen = h
    return chosen


def _moved(start: Points, end: Points) -> float:
    """Root mean square distance of partners."""
    if start.shape != end.shape:
        return float("inf")
    return float(np.sqrt(((start - end) ** 2).sum(1).mean()))


def _carried(measure: PenaltyMeasure, batch: PenaltyBatch, first: int) -> Points:
    """``(N, d)``, the points with mass of several draws; those of one draw if all draws are the same."""

    def drawn() -> Iterator[Points]:
        own = cloud(measure, batch, first).carried
        yield own
        for seed in range(first + 1, first + DRAWS):
            other = cloud(measure, batch, seed).carried
            if np.array_equal(own, other):
                return
            yield other

    return np.concatenate(list(drawn()))

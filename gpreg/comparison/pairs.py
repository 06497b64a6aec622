"""Two rows in one column: how far they differ, how sure that is, and what could have been seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from gpreg.comparison import permutation
from gpreg.comparison.cells import losses
from gpreg.comparison.detectable import decides, detectable, smallest_p
from gpreg.comparison.holm import holm
from gpreg.comparison.interval import Interval
from gpreg.comparison.probability import probability

Verdict = Literal["better", "worse", "equivalent", "undecided"]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Row A against row B in one column.

    Attributes:
        a, b, column: which.
        paired: whether runs of the same seed were compared; else all of A with all of B.
        n_a, n_b: how many runs were compared; the same if paired.
        difference: the mean of A - B, in units of the score; ``None`` if a run diverged, which leaves no mean.
        interval: of the difference: Student's t, or Welch's if unpaired.
        probability: that a run of A beats one of B, ties counted half; over all pairs of their runs.
        probability_interval: of it.
        p: two-sided, of a permutation test of the runs that were compared.
        p_holm: the same after Holm's correction for all pairs of the column.
        smallest_p: the smallest ``p`` that so many runs can reach.
        decidable: whether ``smallest_p`` could have decided after the correction; if not, only equivalence can be
            found.
        detectable: the smallest true difference that a t test, corrected likewise, finds with a probability of 80 %,
            given the spread that was seen; ``None`` if nothing is decidable or no spread was seen.
        verdict: of A against B.
    """

    a: str
    b: str
    column: str
    paired: bool
    n_a: int
    n_b: int
    difference: float | None
    interval: Interval | None
    probability: float
    probability_interval: Interval
    p: float
    p_holm: float
    smallest_p: float
    decidable: bool
    detectable: float | None
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class _Sides:
    """The runs of two rows that are compared, as losses."""

    a: np.ndarray
    b: np.ndarray
    paired: bool
    everything: tuple[np.ndarray, np.ndarray]

    def p(self, seed: int) -> float:
        if self.paired:
            return permutation.paired(_minus(self.a, self.b), seed)
        return permutation.unpaired(self.a, self.b, seed)

    def error(self) -> tuple[float, float] | None:
        """Standard error of the mean difference and its degrees of freedom; ``None`` for too few or diverged runs."""
        if min(len(self.a), len(self.b)) < 2 or not (np.isfinite(self.a).all() and np.isfinite(self.b).all()):
            return None
        if self.paired:
            return float((self.a - self.b).std(ddof=1)) / len(self.a) ** 0.5, len(self.a) - 1
        parts = [float(side.var(ddof=1)) / len(side) for side in (self.a, self.b)]
        total = sum(parts)
        below = sum(part**2 / (len(side) - 1) for part, side in zip(parts, (self.a, self.b), strict=True))
        return total**0.5, (total**2 / below if below else len(self.a) + len(self.b) - 2)


def pairs(
    column: str,
    rows: Mapping[str, Mapping[int, float | None]],
    *,
    sign: int,
    band: float,
    confidence: float,
    seed: int,
    paired: bool | None,
) -> tuple[Pair, ...]:
    """Every two rows of a column, in the order of the rows."""
    both = list(combinations(rows, 2))
    level = (1 - confidence) / max(len(both), 1)
    sides = [_sides(rows[a], rows[b], sign=sign, paired=paired, level=level) for a, b in both]
    p_values = [side.p(seed) for side in sides]
    return tuple(
        _pair(a, b, column, side, p=p, p_holm=p_holm, sign=sign, band=band, confidence=confidence, level=level)
        for (a, b), side, p, p_holm in zip(both, sides, p_values, holm(p_values), strict=True)
    )


def _sides(
    a: Mapping[int, float | None], b: Mapping[int, float | None], *, sign: int, paired: bool | None, level: float
) -> _Sides:
    everything = losses(list(a.values()), sign=sign), losses(list(b.values()), sign=sign)
    common = [seed for seed in a if seed in b]
    if paired is None:  # by the numbers of runs alone, never by the scores
        paired = decides(len(common), len(common), paired=True, level=level) or not decides(
            len(a), len(b), paired=False, level=level
        )
    if paired and len(common) >= min(2, len(a), len(b)):
        first, second = (losses([side[seed] for seed in common], sign=sign) for side in (a, b))
        return _Sides(a=first, b=second, paired=True, everything=everything)
    return _Sides(a=everything[0], b=everything[1], paired=False, everything=everything)


def _pair(
    a: str,
    b: str,
    column: str,
    side: _Sides,
    *,
    p: float,
    p_holm: float,
    sign: int,
    band: float,
    confidence: float,
    level: float,
) -> Pair:
    error = side.error()
    finite = bool(np.isfinite(side.a).all() and np.isfinite(side.b).all())
    difference = sign * float(side.a.mean() - side.b.mean()) if finite else None
    found = None
    if error is not None and difference is not None:
        half = float(stats.t.ppf((1 + confidence) / 2, error[1])) * error[0]
        method = "Student's t of paired differences" if side.paired else "Welch's t"
        found = Interval(low=difference - half, high=difference + half, coverage=confidence, method=method)
    chance, chance_interval = probability(*side.everything, confidence)
    reachable = smallest_p(len(side.a), len(side.b), paired=side.paired)
    decidable = decides(len(side.a), len(side.b), paired=side.paired, level=level)
    return Pair(
        a=a,
        b=b,
        column=column,
        paired=side.paired,
        n_a=len(side.a),
        n_b=len(side.b),
        difference=difference,
        interval=found,
        probability=chance,
        probability_interval=chance_interval,
        p=p,
        p_holm=p_holm,
        smallest_p=reachable,
        decidable=decidable,
        detectable=detectable(*error, level) if decidable and error is not None and error[0] > 0 else None,
        verdict=_verdict(side, difference, found, p_holm <= 1 - confidence, sign=sign, band=band),
    )


def _verdict(
    side: _Sides, difference: float | None, found: Interval | None, significant: bool, *, sign: int, band: float
) -> Verdict:
    if band > 0 and found is not None and -band <= found.low and found.high <= band:
        return "equivalent"
    if not significant or (found is not None and found.low <= 0 <= found.high):
        return "undecided"
    if difference is not None:
        return "better" if sign * difference < 0 else "worse"
    ranks = stats.rankdata(np.concatenate([side.a, side.b]))
    lead = ranks[: len(side.a)].mean() - ranks[len(side.a) :].mean()
    if side.paired:
        changes = _minus(side.a, side.b)
        lead = (np.sign(changes) * stats.rankdata(np.abs(changes))).sum()
    return "better" if lead < 0 else "worse"


def _minus(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Paired differences; two runs that both diverged do not differ."""
    return np.array([0.0 if x == y else x - y for x, y in zip(a, b, strict=True)])

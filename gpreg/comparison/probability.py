"""The probability that a run of one row beats a run of another."""

import numpy as np
from scipy import optimize, stats

from gpreg.comparison.interval import Interval


def beats(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """1 where a run of A is better (lower) than one of B, 1/2 where they tie; ``(a, b)``."""
    return np.where(a[:, None] == b, 0.5, np.asarray(a[:, None] < b, dtype=float))


def probability(a: np.ndarray, b: np.ndarray, confidence: float) -> tuple[float, Interval]:
    """The share of all pairs of runs in which A's is lower, ties counted half, with Newcombe's interval.

    The estimate is Mann and Whitney's U divided by the number of pairs. The interval is Newcombe's fifth method (2006),
    which inverts the variance that Hanley and McNeil give; unlike a bootstrap it is no point when A always wins.

    >>> probability(np.array([1.0, 2.0]), np.array([3.0, 4.0]), 0.95)[0]
    1.0
    """
    estimate, pairs = float(beats(a, b).mean()), len(a) * len(b)
    z, more = float(stats.norm.ppf((1 + confidence) / 2)), (len(a) + len(b)) / 2 - 1

    def excess(theta: float) -> float:
        variance = theta * (1 - theta) * (1 + more * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / pairs
        return float((theta - estimate) ** 2 - z * z * variance)

    low = 0.0 if estimate == 0 else float(optimize.brentq(excess, 1e-12, min(estimate, 1 - 1e-12)))
    high = 1.0 if estimate == 1 else float(optimize.brentq(excess, max(estimate, 1e-12), 1 - 1e-12))
    return estimate, Interval(low=low, high=high, coverage=confidence, method="Newcombe's fifth")

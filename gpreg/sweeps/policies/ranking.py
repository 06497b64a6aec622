"""Ranking the coefficients of one row by the scores of their tuning runs."""

import math
from collections.abc import Mapping, Sequence
from statistics import median

Scores = Sequence[float | None]
"""A score for each tuning seed; ``None``: that run diverged, failed, or its score is no finite number."""


def ranked(tried: Mapping[float, Scores], better: str) -> list[float]:
    """The coefficients, the best first.

    By the median over the seeds, in which ``None`` is worse than any number. Of equal medians the one with fewer
    ``None`` is better, and of those that are still equal the smaller coefficient.

    >>> ranked({0.1: [0.5, 0.7, 0.6], 1.0: [0.2, None, 0.3], 10.0: [None, None, 0.1]}, "lower")
    [1.0, 0.1, 10.0]

    Args:
        tried: the scores of each coefficient, for the same seeds.
        better: ``"higher"`` or ``"lower"``.
    """
    return sorted(tried, key=lambda rho: (*_cost(tried[rho], better), rho))


def middle(scores: Scores, better: str) -> float | None:
    """The median of scores, in which ``None`` is worse than any number; ``None`` if that is what it comes to.

    >>> middle([0.2, None, 0.3], "lower"), middle([None, None, 0.3], "lower"), middle([0.2, 0.4], "higher")
    (0.3, None, 0.30000000000000004)
    """
    cost, _ = _cost(scores, better)
    return None if math.isinf(cost) else -cost if better == "higher" else cost


def _cost(scores: Scores, better: str) -> tuple[float, int]:
    """The median where less is better, and how many scores are no number."""
    costs = [math.inf if score is None else -score if better == "higher" else score for score in scores]
    return median(costs), sum(score is None for score in scores)

"""The range of rho in which a row is good: how far from the best one may go before it costs anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median


@dataclass(frozen=True, kw_only=True)
class GoodRange:
    """Neighbouring values of rho, around the best, whose medians are as good as a limit or better.

    Attributes:
        best: the rho with the best median.
        low, high: the smallest and the largest good rho that was tried.
        limit: the worst median that counts as good.
        ends_low, ends_high: whether the values that were tried end here, so that the range may be wider.
    """

    best: float
    low: float
    high: float
    limit: float
    ends_low: bool
    ends_high: bool

    def __str__(self) -> str:
        """The range in words: ``good from 0.1 to 10, a factor of 100; it may be wider: none below was tried``."""
        ends = [word for word, reached in (("below", self.ends_low), ("above", self.ends_high)) if reached]
        wider = f"; it may be wider: none {' or '.join(ends)} was tried" if ends else ""
        if self.low == self.high:
            return f"good at {self.low:.4g} alone{wider}"
        return f"good from {self.low:.4g} to {self.high:.4g}, a factor of {self.high / self.low:.3g}{wider}"


def ranked_median(values: Sequence[float | None], better: str) -> float:
    """The median of scores, where a failed run (``None``) is worse than any number; infinite if it falls on one."""
    worst = inf if better == "lower" else -inf
    return median(worst if value is None else value for value in values)


def good_range(
    values: Mapping[float, Sequence[float | None]], *, better: str, margin: float | None
) -> GoodRange | None:
    """Find the good range of one row.

    Args:
        values: for each rho the score of every seed; ``None``: the run failed, which counts as worse than any number.
        better: ``"higher"`` or ``"lower"``.
        margin: how much worse than the best median still counts as good; ``None``: as far as the worst seed at the
            best rho.

    Returns:
        ``None`` if fewer than two values of rho were tried, or none of them has a finite median.
    """
    medians = {rho: ranked_median(found, better) for rho, found in sorted(values.items()) if found}
    sign = 1.0 if better == "lower" else -1.0
    if len(medians) < 2 or min(sign * middle for middle in medians.values()) == inf:
        return None
    best = min(medians, key=lambda rho: sign * medians[rho])
    if margin is None:
        limit = max(sign * value for value in values[best] if value is not None)
    else:
        limit = sign * medians[best] + margin
    tried = list(medians)
    low = high = tried.index(best)
    while low > 0 and sign * medians[tried[low - 1]] <= limit:
        low -= 1
    while high < len(tried) - 1 and sign * medians[tried[high + 1]] <= limit:
        high += 1
    return GoodRange(
        best=best,
        low=tried[low],
        high=tried[high],
        limit=sign * limit,
        ends_low=low == 0,
        ends_high=high == len(tried) - 1,
    )

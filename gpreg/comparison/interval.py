"""An interval of an estimate, and how it was found."""

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An interval of an estimate.

    Attributes:
        low, high: its ends, in units of the estimate; infinite where a diverged run is an end.
        coverage: the probability that it covers the truth, as far as the method can promise it.
        method: how it was found, in words.
    """

    low: float
    high: float
    coverage: float
    method: str


def of_median(values: np.ndarray, confidence: float) -> Interval | None:
    """The narrowest pair of order statistics that covers the median with this confidence.

    It holds for every continuous distribution. If there is no such pair, as for fewer than six values at 95 %, it is
    the whole range, and ``coverage`` says what that is worth: ``1 - 2 ** (1 - n)``.
    """
    n = len(values)
    if n < 2:
        return None
    ordered = np.sort(values)
    beyond = [2 * float(stats.binom.cdf(k, n, 0.5)) for k in range(n // 2)]  # of [x(k), x(n - 1 - k)], counted from 0
    k = max((k for k, error in enumerate(beyond) if error <= 1 - confidence), default=0)
    return Interval(
        low=float(ordered[k]), high=float(ordered[-1 - k]), coverage=1 - beyond[k], method="order statistics"
    )


def of_interquartile_mean(values: np.ndarray, confidence: float) -> Interval | None:
    """Tukey and McLaughlin's t interval of a trimmed mean, with its winsorised standard deviation.

    Up to three values nothing is trimmed, and it is Student's interval of the mean.
    """
    n, trimmed = len(values), len(values) // 4
    if n < 2 or not np.isfinite(np.sort(values)[trimmed : n - trimmed]).all():
        return None
    ordered = np.sort(values)
    kept = ordered[trimmed : n - trimmed]
    winsorised = np.clip(ordered, kept[0], kept[-1])
    error = float(winsorised.std(ddof=1)) / ((len(kept) / n) * n**0.5)
    half = float(stats.t.ppf((1 + confidence) / 2, len(kept) - 1)) * error
    middle = float(kept.mean())
    return Interval(low=middle - half, high=middle + half, coverage=confidence, method="Tukey-McLaughlin t")

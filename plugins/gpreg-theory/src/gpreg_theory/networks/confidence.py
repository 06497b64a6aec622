"""Confidence intervals of the mean of non-negative terms."""

import numpy as np
from scipy.stats import bootstrap

from gpreg_theory.linear.game import Vector

CONFIDENCE = 0.99
"""The confidence of every interval."""

RESAMPLES = 2000


def interval(terms: Vector, *, seed: int = 0) -> tuple[float, float]:
    """Compute a 99 % interval of the mean of independent terms by the percentile bootstrap.

    The interval allows for no term larger than those in the sample: what the sample misses, it misses too.

    Args:
        terms: ``(N,)``, at least 0. Without terms the interval is ``(0, 0)``, and with a single one ``(0, inf)``.
        seed: the seed of the resampling.
    """
    if len(terms) < 2:
        return (0.0, float("inf")) if len(terms) else (0.0, 0.0)
    if not np.ptp(terms):
        return float(terms[0]), float(terms[0])
    found = bootstrap(
        (terms,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)

"""The distance between the laws of two weighted samples: the maximum mean discrepancy, with its error."""

import numpy as np
from scipy.spatial.distance import cdist, pdist

from gpreg_theory.checks.evidence.draws import Points, Weights

RESAMPLES = 100
"""The number of resamples of the bootstrap."""

DISCREPANT = 256
"""The most points on each side of which a discrepancy is taken; its cost is quadratic in them."""


def bandwidth(points: Points) -> float:
    """The median distance between points ``(n, d)`` that differ; 0 where all coincide."""
    chosen = np.random.default_rng(0).permutation(len(points))[: 2 * DISCREPANT]
    distances = pdist(points[chosen])
    apart = distances[distances > 1e-9 * np.abs(points).max()]
    return float(np.median(apart)) if len(apart) else 0.0


def mmd(
    x: Points, v: Weights, y: Points, w: Weights, *, paired: bool = False, width: float | None = None
) -> tuple[float, float, float]:
    """The maximum mean discrepancy of two weighted samples, and its 99 % bootstrap interval (Gretton et al. 2012).

    The estimate is the biased one: at least 0, and 0 for equal samples.

    Args:
        x: ``(n, d)``, with weights v, ``(n,)``.
        y: ``(m, d)``, with weights w, ``(m,)``.
        paired: resample both together, x[i] with y[i]; n must equal m.
        width: the width of the Gaussian kernel; by default the :func:`bandwidth` of both samples together.
    """
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(x))[:DISCREPANT]
    others = chosen if paired else rng.permutation(len(y))[:DISCREPANT]
    x, v, y, w = x[chosen], v[chosen], y[others], w[others]
    n, points = len(x), np.concatenate([x, y])
    width = bandwidth(points) if width is None else width
    if not width:
        gap = abs(float(v.mean() - w.mean()))
        return gap, gap, gap
    kernel = np.exp(-0.5 * (cdist(points, points) / width) ** 2)
    signed = np.concatenate([v / n, -w / len(y)])
    counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    partners = counts if paired else rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=RESAMPLES)
    resampled = np.concatenate([counts, partners], axis=1) * signed
    squares = np.einsum("ij,ij->i", resampled @ kernel, resampled)
    low, high = np.quantile(np.sqrt(squares.clip(0)), (0.01, 0.99))
    return float(np.sqrt(max(signed @ kernel @ signed, 0.0))), float(low), float(high)

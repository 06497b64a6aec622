"""How steep a discriminator must be if it tells two close points apart."""

import numpy as np

from gpreg.errors import UsageError


def gradient_bound(epsilon: float, distance: float) -> float:
    """``sup |grad D| >= eps / |x - y|`` on the segment from y to x, for every D that is eps-optimal on x and y.

    ``D(x) - D(y) >= eps`` is the integral of ``grad D . u`` along the segment in its direction u, so that the mean
    slope is at least this (Thanh-Tung, Tran and Venkatesh 2019, section 4.2.2 and equation 4). The source concludes
    that the slope explodes at x itself. It need not: the bound holds somewhere on the segment, and the discriminator of
    Proposition 2 is steepest in the middle and flat at x.

    Args:
        epsilon: eps, in (0, 1).
        distance: ``|x - y|``, positive.

    Raises:
        UsageError: values out of bounds.
    """
    if not 0 < epsilon < 1:
        raise UsageError(f"epsilon is {epsilon:g}; it must be between 0 and 1")
    if not distance > 0:
        raise UsageError(f"the distance is {distance:g}; it must be positive: no D separates a point from itself")
    return epsilon / distance


def memorising_slope(epsilon: float, alpha: float, distance: float) -> float:
    """``(eps + 2 alpha) ln(1 + eps/alpha) / (2 |x - y|)``, the largest slope of the smallest discriminator of x and y.

    Proposition 2's discriminator of one real and one generated point is
    ``1/2 + (eps/2 + alpha) tanh(k (x - y) . v / 2)``, steepest half way, with slope
    ``(eps/2 + alpha) k |x - y| / 2``. The smallest k is ``2 ln(1 + eps/alpha) / |x - y|^2``. So it exceeds the bound of
    :func:`gradient_bound` only by the factor ``(1/2 + alpha/eps) ln(1 + eps/alpha)``, which is above 1 and tends to 1
    as alpha / eps grows.

    Args:
        epsilon: eps, in (0, 1).
        alpha: in (0, (1 - eps) / 2].
        distance: ``|x - y|``, positive.

    Raises:
        UsageError: values out of bounds.
    """
    bound = gradient_bound(epsilon, distance)
    if not 0 < alpha <= largest_alpha(epsilon):
        raise UsageError(
            f"alpha is {alpha:g}; it must be above 0 and at most (1 - epsilon) / 2 = {(1 - epsilon) / 2:g}"
        )
    return bound * (0.5 + alpha / epsilon) * float(np.log1p(epsilon / alpha))


def largest_alpha(epsilon: float) -> float:
    """``(1 - eps) / 2``, up to roundoff: with a larger alpha the memorising discriminator would leave [0, 1]."""
    return (1 - epsilon) / 2 * (1 + 1e-12)

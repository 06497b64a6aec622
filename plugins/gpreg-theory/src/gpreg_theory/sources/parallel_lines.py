"""Two parallel segments, the example in which only the Wasserstein distance tells the generator where to go."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpreg.errors import UsageError
from gpreg_theory.sources.divergences import LOG2

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ParallelLines:
    """Real data ``(0, Z)`` and generated data ``(theta, Z)`` in the plane, with Z uniform on (0, 1).

    Off theta = 0 the two segments are disjoint. Every divergence of densities then has its largest value and says
    nothing about the distance; W1 is that distance (Arjovsky, Chintala and Bottou 2017, example 1; the slides on
    WGAN quote it).

    Args:
        theta: the abscissa of the generated segment.

    Raises:
        UsageError: theta is not finite.
    """

    theta: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.theta):
            raise UsageError(f"theta is {self.theta:g}; it must be a finite number")

    @property
    def wasserstein1(self) -> float:
        """``W1 = |theta|``: straight across is the cheapest transport, and no 1-Lipschitz critic tells more apart."""
        return abs(self.theta)

    @property
    def js(self) -> float:
        """Log 2 for theta != 0, and 0 for theta = 0."""
        return LOG2 if self.theta else 0.0

    @property
    def kl(self) -> float:
        """``KL(p_d || p_theta) = KL(p_theta || p_d)``: ``inf`` for theta != 0, and 0 for theta = 0."""
        return np.inf if self.theta else 0.0

    @property
    def total_variation(self) -> float:
        """1 for theta != 0, and 0 for theta = 0."""
        return 1.0 if self.theta else 0.0

    @property
    def value_of_game(self) -> float:
        """``C(G) = -log 4 + 2 JS``: 0 for theta != 0, and -log 4 for theta = 0."""
        return 2 * self.js - 2 * LOG2

    @property
    def value_gradient(self) -> float:
        """``dC/dtheta``: 0 for theta != 0, NaN at the jump.

        D* is 0 on the generated segment and, because it is defined only on the two segments, may be continued as a
        constant around each. Then ``log(1 - D*)`` is constant along every small move of the generator, whose gradient
        is 0.
        """
        return 0.0 if self.theta else np.nan

    @property
    def wasserstein1_gradient(self) -> float:
        """``dW1/dtheta = sign(theta)``; NaN at theta = 0, where W1 has a kink."""
        return float(np.sign(self.theta)) if self.theta else np.nan

    def optimal_discriminator(self, points: ArrayLike) -> Array:
        """D* of ``(N, 2)`` points: 1 on the real segment, 0 on the generated one, 1/2 on both; NaN off the segments.

        Raises:
            UsageError: the points have another shape.
        """
        x = _plane(points)
        on_height = (x[:, 1] >= 0) & (x[:, 1] <= 1)
        real, fake = on_height & (x[:, 0] == 0), on_height & (x[:, 0] == self.theta)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.divide(real, real.astype(float) + fake))

    def critic(self, points: ArrayLike) -> Array:
        """``(N,)`` values of ``f(x) = -sign(theta) x_1``, a 1-Lipschitz critic that attains W1, at ``(N, 2)`` points.

        ``E_pd[f] - E_ptheta[f] = |theta|``, and its gradient has norm 1 everywhere, between the segments as well.

        Raises:
            UsageError: the points have another shape.
        """
        return np.asarray(-np.sign(self.theta) * _plane(points)[:, 0])

    def real(self, heights: ArrayLike) -> Array:
        """``(N, 2)`` points of the real segment at ``(N,)`` heights."""
        z = np.asarray(heights, dtype=np.float64)
        return np.column_stack([np.zeros_like(z), z])

    def fake(self, heights: ArrayLike) -> Array:
        """``(N, 2)`` points of the generated segment at ``(N,)`` heights."""
        z = np.asarray(heights, dtype=np.float64)
        return np.column_stack([np.full_like(z, self.theta), z])


def _plane(points: ArrayLike) -> Array:
    x = np.asarray(points, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != 2:
        raise UsageError(f"points have shape {x.shape}; it must be (N, 2)")
    return x

"""A discriminator, written down instead of trained, that separates two finite data sets however alike they are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from gpreg.errors import GpregError, UsageError
from gpreg_theory.sources.gradient_bound import largest_alpha

Array = NDArray[np.float64]

STEPS = 100_000


def epsilon_optimal(on_real: ArrayLike, on_fake: ArrayLike, epsilon: float, *, tolerance: float = 0.0) -> bool:
    """Whether D is eps-optimal: ``D(x) >= 1/2 + eps/2`` on all real, ``D(y) <= 1/2 - eps/2`` on all generated points.

    Thanh-Tung, Tran and Venkatesh (2019), Definition 1.

    Args:
        on_real, on_fake: values of D, of any shape.
        epsilon: eps.
        tolerance: how far each value may miss its bound.
    """
    lowest, highest = float(np.min(on_real)), float(np.max(on_fake))
    return lowest >= (1 + epsilon) / 2 - tolerance and highest <= (1 - epsilon) / 2 + tolerance


@dataclass(frozen=True, kw_only=True, eq=False)
class MemorisingDiscriminator:
    """``D(v) = W2 . softmax(W1 v)``, with the data as its weights: eps-optimal on n real and m generated points.

    The rows of W1 are k times the data points v_i; W2 is ``1/2 + eps/2 + alpha`` at real and ``1/2 - eps/2 - alpha``
    at generated ones. As k grows, the softmax picks out the data point v, and D returns its label. One hidden layer of
    m + n units is enough, which is not many for a real network (Thanh-Tung, Tran and Venkatesh 2019, Proposition 2 and
    appendix B).

    The appendix takes "k large enough". The exact condition is: with P_fake(x) the softmax's mass on generated units
    at x, ``D(x) = 1/2 + (eps/2 + alpha) (1 - 2 P_fake(x))``, so D is eps-optimal if and only if

        P_fake(x_j) <= alpha / (eps + 2 alpha)  and  P_real(y_j) <= alpha / (eps + 2 alpha)

    at every real x_j and generated y_j. All points must have the same norm (1 in the appendix): otherwise v . v_i is
    not largest at v = v_i. With biases ``-k |v_i|^2 / 2`` the network would not need this condition.

    Args:
        real: ``(n, d)`` points x_j.
        fake: ``(m, d)`` points y_j, all different from the real ones.
        epsilon: eps, in (0, 1).
        alpha: in (0, (1 - eps) / 2]; with a larger one D would leave [0, 1] and have no logarithm.
        k: the sharpness, at least 0; by default the smallest that makes D eps-optimal.

    Raises:
        UsageError: shapes do not fit, values are out of bounds, norms differ, or a point is in both sets.
        GpregError: the smallest k was not found.
    """

    real: ArrayLike
    fake: ArrayLike
    epsilon: float
    alpha: float
    k: float | None = None

    def __post_init__(self) -> None:
        real, fake = _points("real", self.real), _points("fake", self.fake)
        if real.shape[1] != fake.shape[1]:
            raise UsageError(f"real points have {real.shape[1]} coordinates, and generated ones {fake.shape[1]}")
        object.__setattr__(self, "real", real)
        object.__setattr__(self, "fake", fake)
        norms = np.linalg.norm(self.data, axis=1)
        if not np.allclose(norms, norms[0], rtol=1e-9, atol=0.0):
            raise UsageError(
                f"the points have norms from {norms.min():.6g} to {norms.max():.6g}; they must be equal",
                remedy="divide each point by its norm: points / numpy.linalg.norm(points, axis=1, keepdims=True)",
            )
        if not 0 < self.epsilon < 1:
            raise UsageError(f"epsilon is {self.epsilon:g}; it must be between 0 and 1")
        if not 0 < self.alpha <= largest_alpha(self.epsilon):
            raise UsageError(
                f"alpha is {self.alpha:g}; with epsilon = {self.epsilon:g} it must be above 0 "
                f"and at most (1 - epsilon) / 2 = {(1 - self.epsilon) / 2:g}, so that D stays in [0, 1]"
            )
        if not self.gap > 0:
            raise UsageError(
                "a point is in both sets; Definition 1 is about disjoint ones", remedy="leave it out of one of them"
            )
        if self.k is None:
            object.__setattr__(self, "k", self.smallest_k)
        elif not (np.isfinite(self.k) and self.k >= 0):
            raise UsageError(f"k is {self.k:g}; it must be a finite number of at least 0")

    @cached_property
    def data(self) -> Array:
        """The data, ``(n + m, d)``, real points first."""
        return np.concatenate([np.asarray(self.real), np.asarray(self.fake)])

    @property
    def n(self) -> int:
        """Number of real points."""
        return len(np.asarray(self.real))

    @cached_property
    def first_layer(self) -> Array:
        """``(n + m, d)``, W1."""
        assert self.k is not None
        return self.k * self.data

    @cached_property
    def last_layer(self) -> Array:
        """``(n + m,)``, W2."""
        height = self.epsilon / 2 + self.alpha
        signs = np.ones(len(self.data))
        signs[self.n :] = -1
        return 0.5 + height * signs

    @property
    def parameters(self) -> int:
        """``(d + 1) (m + n)``, the number of weights in both layers."""
        return self.first_layer.size + self.last_layer.size

    def __call__(self, points: ArrayLike) -> Array:
        """``(B,)`` values of D at ``(B, d)`` points."""
        return np.asarray(self._softmax(points) @ self.last_layer)

    def gradient(self, points: ArrayLike) -> Array:
        """``(B, d)`` gradients of D by its input at ``(B, d)`` points."""
        mass = self._softmax(points)
        centred = self.last_layer - (mass @ self.last_layer)[:, None]
        return np.asarray((mass * centred) @ self.first_layer)

    def _softmax(self, points: ArrayLike) -> Array:
        return np.asarray(special.softmax(np.atleast_2d(np.asarray(points)) @ self.first_layer.T, axis=1))

    @cached_property
    def gap(self) -> float:
        """``r^2 - max <x_i, y_j>`` for points of norm r: half the smallest squared distance of the two sets."""
        squares = ((np.asarray(self.real)[:, None] - np.asarray(self.fake)) ** 2).sum(axis=2)
        return float(squares.min()) / 2

    @property
    def sufficient_k(self) -> float:
        """``ln(max(m, n) (eps + alpha) / alpha) / gap``, from which k on D is eps-optimal; exact for m = n = 1.

        At a real point the odds P_fake / P_real are at most ``m exp(-k gap)``, and the condition asks for odds of at
        most ``alpha / (eps + alpha)``; it is the same at generated points.
        """
        most = max(self.n, len(self.data) - self.n)
        return float(np.log(most * (self.epsilon + self.alpha) / self.alpha)) / self.gap

    @cached_property
    def smallest_k(self) -> float:
        """The smallest k at which D is eps-optimal.

        At each point the excess f(k) of the logarithmic odds above the condition's bound must not be positive. f is the
        difference of two logarithms of sums of exponentials of ``k s``, with s the inner products with the data. The
        slope of the wrong label's part grows with k, and that of the right label's is at most r^2. So from any k on f
        falls no faster than ``r^2 - E_wrong[s]``, and no k below ``k + f / (r^2 - E_wrong[s])`` is enough. These steps,
        from k = 0 on, never pass the smallest k, and converge to it.
        """
        products = self.data @ self.data.T
        right = np.zeros_like(products, dtype=bool)
        right[: self.n, : self.n] = right[self.n :, self.n :] = True
        top = float(products.diagonal().max())
        bound = np.log(self.alpha) - np.log(self.epsilon + self.alpha)
        k = 0.0
        for _ in range(STEPS):
            wrong = np.where(right, -np.inf, k * products)
            excess = special.logsumexp(wrong, axis=1) - special.logsumexp(
                np.where(right, k * products, -np.inf), axis=1
            )
            excess -= bound
            steepest = top - (special.softmax(wrong, axis=1) * products).sum(axis=1)
            step = float((excess / steepest).max())
            if step <= 1e-14 * max(k, 1 / top):
                return k + max(step, 0.0)
            k += step
        raise GpregError(
            f"the smallest k was not found in {STEPS:,} steps; it is between {k:.9g} and {self.sufficient_k:.9g}",
            remedy=f"give k = {self.sufficient_k:.9g}, which is large enough",
        )


def _points(name: str, given: ArrayLike) -> Array:
    points = np.asarray(given, dtype=np.float64)
    if points.ndim != 2 or not points.size or not np.isfinite(points).all():
        raise UsageError(f"{name} has shape {points.shape}; it must be (N, d), of finite numbers, with N at least 1")
    return points

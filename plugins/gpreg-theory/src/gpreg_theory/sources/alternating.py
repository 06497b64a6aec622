"""Alternating gradient descent on the linear Wasserstein game of two points, which turns and does not converge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpreg.errors import UsageError

Array = NDArray[np.float64]

UNIT = float(np.finfo(np.float64).eps) / 2
"""The largest relative error of a float that stands for a real number."""

ROUNDINGS = 6
"""The number of rounding errors besides those of a sum: in alpha, eps, theta_D, e, a product and a quotient."""


@dataclass(frozen=True, kw_only=True)
class FixedAltGD:
    """One real point x against one generated point ``y = theta_G z``, with the linear critic ``D(v) = theta_D . v``.

    Each round has n_D steps of the critic and one of the generator, all with the rate alpha on ``D(x) - D(y)``. With
    ``e = x - y``, each coordinate follows

        theta_D <- theta_D + n_D alpha e,    e <- e - alpha |z|^2 theta_D.

    The proof of Proposition 3 of Thanh-Tung, Tran and Venkatesh (2019, appendix C) rests on ``|x - y|`` falling to 0.
    It does not: the round's matrix has determinant 1 and trace ``2 - n_D alpha^2 |z|^2``, so below
    ``n_D alpha^2 |z|^2 = 4`` both points turn for ever on an ellipse, and beyond they fly apart. The proposition, that
    the critic cannot remain eps-optimal (``theta_D . e >= eps``), holds for another reason. As alpha tends to 0, in
    the time alpha t, ``d|e|^2/dt = -2 |z|^2 theta_D . e <= -2 |z|^2 eps`` while the critic is eps-optimal: within
    ``|e|^2 / (2 |z|^2 eps)`` the generator has arrived, or optimality was lost before. The rate must be small for this:
    with a finite alpha, two points that circle each other (d >= 2) leave the critic a margin of
    ``alpha |z|^2 |theta_D|^2 / 2`` after each of its turns.

    Args:
        learning_rate: alpha, positive.
        latent_norm: |z|, positive.
        critic_steps: n_D, at least 1.

    Raises:
        UsageError: a value is out of bounds.
    """

    learning_rate: float
    latent_norm: float = 1.0
    critic_steps: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.learning_rate < np.inf and 0 < self.latent_norm < np.inf):
            raise UsageError(
                f"the learning rate is {self.learning_rate:g} and |z| {self.latent_norm:g}; both must be positive"
            )
        if self.critic_steps < 1:
            raise UsageError(f"there are {self.critic_steps} critic steps; there must be at least 1")

    @property
    def critic_gain(self) -> float:
        """``a = n_D alpha``."""
        return self.critic_steps * self.learning_rate

    @property
    def generator_gain(self) -> float:
        """``b = alpha |z|^2``."""
        return self.learning_rate * self.latent_norm**2

    @property
    def matrix(self) -> Array:
        """``(2, 2)``, one round for a coordinate of ``(theta_D, e)``: ``[[1, a], [-b, 1 - a b]]``, of determinant 1."""
        a, b = self.critic_gain, self.generator_gain
        return np.array([[1, a], [-b, 1 - a * b]])

    @property
    def neutral(self) -> bool:
        """Whether ``n_D alpha^2 |z|^2 < 4``, so that both eigenvalues lie on the unit circle: no decay, no growth."""
        return self.critic_gain * self.generator_gain < 4

    @property
    def angle(self) -> float:
        """The angle by which a round turns, in radians: ``cos(angle) = 1 - a b / 2``; NaN unless :attr:`neutral`."""
        return float(np.arccos(1 - self.critic_gain * self.generator_gain / 2)) if self.neutral else np.nan

    def invariant(self, critic: ArrayLike, error: ArrayLike) -> Array:
        """``b |theta_D|^2 + a |e|^2 + a b theta_D . e``, which no round changes.

        Args:
            critic: ``(*, d)``, theta_D before the critic's turn.
            error: ``(*, d)``, e.

        Returns:
            ``(*)``, positive off the origin where :attr:`neutral`.
        """
        theta, e = np.asarray(critic, dtype=np.float64), np.asarray(error, dtype=np.float64)
        a, b = self.critic_gain, self.generator_gain
        return np.asarray((b * theta**2 + a * e**2 + a * b * theta * e).sum(axis=-1))

    def rounds(self, critic: ArrayLike, error: ArrayLike, count: int) -> tuple[Array, Array]:
        """Play a number of rounds.

        Args:
            critic, error: ``(d,)``, theta_D and e at the start.
            count: the number of rounds N.

        Returns:
            theta_D and e after each whole round, ``(N + 1, d)`` each, with the start first.

        Raises:
            UsageError: the shapes differ.
        """
        theta, e = _pair(critic, error)
        state = np.stack([theta, e])
        states = [state]
        for _ in range(count):
            state = self.matrix @ state
            states.append(state)
        path = np.stack(states)
        return path[:, 0], path[:, 1]

    def longest_optimality(self, error: ArrayLike, epsilon: float) -> float:
        """``|e|^2 / (2 |z|^2 eps)``: how long the critic can remain eps-optimal, in the time alpha t, as alpha -> 0.

        Args:
            error: ``(d,)``, e at the start.
            epsilon: eps, positive.

        Raises:
            UsageError: epsilon is not positive.
        """
        square = float((np.asarray(error, dtype=np.float64) ** 2).sum())
        return square / (2 * self.latent_norm**2 * _positive(epsilon))

    def steps_to_optimality(self, critic: ArrayLike, error: ArrayLike, epsilon: float) -> float:
        """``ceil((eps - theta_D . e) / (alpha |e|^2))`` critic steps against a generator that waits; at least 0.

        Their number grows without bound as e tends to 0, so that no fixed number is enough. It is ``inf`` at e = 0.

        A quotient that exceeds a whole number by no more than floats may have added to it counts as that number: 0.07
        is reached by steps of 0.01 in 7. The bound is that of a sum of d products (Higham 2002, section 3.1).

        Args:
            critic, error: ``(d,)``, theta_D and e.
            epsilon: eps, positive.

        Raises:
            UsageError: epsilon is not positive, the shapes differ, or values are not finite.
        """
        theta, e = _pair(critic, error)
        if not (np.isfinite(theta).all() and np.isfinite(e).all()):
            raise UsageError("theta_D or e is not finite; both must be")
        missing, step = _positive(epsilon) - float(theta @ e), self.learning_rate * float(e @ e)
        rounding = (len(e) + ROUNDINGS) * UNIT
        unsure = rounding * (epsilon + float(np.abs(theta) @ np.abs(e)))
        if missing <= unsure:
            return 0.0
        if not step:
            return np.inf
        return float(max(np.ceil((missing - unsure) / step * (1 - rounding)), 1))


def _pair(critic: ArrayLike, error: ArrayLike) -> tuple[Array, Array]:
    """theta_D and e, each ``(d,)``."""
    theta, e = np.asarray(critic, dtype=np.float64), np.asarray(error, dtype=np.float64)
    if theta.shape != e.shape or theta.ndim != 1:
        raise UsageError(f"theta_D has shape {theta.shape} and e {e.shape}; both must be (d,)")
    return theta, e


def _positive(epsilon: float) -> float:
    if not epsilon > 0:
        raise UsageError(f"epsilon is {epsilon:g}; it must be positive")
    return epsilon

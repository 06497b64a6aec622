"""The rate of decay that no penalty measure can exceed, and the damping that reaches it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from gpreg.errors import UsageError
from gpreg_theory.linear.game import Matrix, Vector


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """Upper bounds on the slowest rate of decay over all penalty measures and coefficients.

    Attributes:
        rate: the bound for any Q, the geometric mean of the singular values of R; ``inf`` where no bound is known.
        commuting: the bound for a Q that commutes with ``R R^T``, the least non-zero singular value; ``inf`` if R = 0.
        because: what is claimed, and why not more, in words.
    """

    rate: float
    commuting: float
    because: str


def ceiling(R: ArrayLike, *, tolerance: float = 1e-10) -> Ceiling:
    """Find the rate that no measure and no rho can exceed, for the coupling R, ``(p, q)``, or ``f'(0) R``.

    With R of full row rank p the moving part of the game is 2p-dimensional and ``|det J| = prod sigma_i^2`` whatever
    A is, so that ``rate <= (prod sigma_i)^(1/p)``; for p = q that is every R without a zero singular value. With a row
    rank below p, as always for p > q, the determinant depends on A as well, and no bound is known but that of the
    commuting case.

    If Q commutes with ``R R^T`` the modes do not interact, and each has a rate of at most its sigma. So ``rate <=
    sigma_min``, the least non-zero one, for any p, q and rank. :func:`commuting_damping` attains it.

    Raises:
        UsageError: R is not a matrix of finite numbers.
    """
    _, sigma = _left(R, tolerance)
    p = np.shape(R)[0]
    if not len(sigma):
        return Ceiling(rate=np.inf, commuting=np.inf, because="R = 0: nothing turns, so that nothing bounds the rate")
    commuting = float(sigma[-1])
    if len(sigma) < p:
        because = (
            f"R has rank {len(sigma)} below p = {p}: the determinant of J depends on the damping, too, and only the "
            "bound for a damping that commutes with R R^T is claimed"
        )
        return Ceiling(rate=np.inf, commuting=commuting, because=because)
    because = "the eigenvalues' product has modulus prod sigma_i^2, whatever the measure and rho"
    return Ceiling(rate=float(np.exp(np.log(sigma).mean())), commuting=commuting, because=because)


def commuting_damping(R: ArrayLike, *, tolerance: float = 1e-10) -> Matrix:
    """``(p, p)``, ``rho Q = 2 (R R^T)^(1/2)``: it damps every mode critically, the best that commutes with R R^T."""
    U, sigma = _left(R, tolerance)
    return (2 * sigma * U) @ U.T


def optimal_damping(R: ArrayLike, *, tolerance: float = 1e-10) -> Matrix:
    """``(p, p)``, the ``rho Q`` with which two modes both decay at the ceiling ``g = sqrt(sigma_1 sigma_2)``.

    With ``t = sigma_1 / sigma_2``, and in the basis of the left singular vectors, it is::

        rho Q = [[4 g t / (1 + t), c], [c, 4 g / (1 + t)]],    c = g (1 - t)^2 / (sqrt(t) (1 + t))

    All four eigenvalues are -g. The matrix is positive semidefinite, as every ``E[B^T B]`` is, if and only if
    ``t <= 3 + 2 sqrt(2)``. J is defective at the optimum: a small error of rho costs its square root, and decay is
    preceded by growth. So it is better to aim beside it. Directions in the null space of R^T get no damping.

    Raises:
        UsageError: R has not rank 2, or t > 3 + 2 sqrt(2).
    """
    U, sigma = _left(R, tolerance)
    if len(sigma) != 2:
        raise UsageError(
            f"R has rank {len(sigma)}; the optimal damping is known in closed form for 2 modes",
            remedy="commuting_damping(R) is for any number of them",
        )
    t, g = float(sigma[0] / sigma[1]), float(np.sqrt(sigma[0] * sigma[1]))
    if t > LARGEST_RATIO * (1 + 1e-12):
        raise UsageError(
            f"the singular values of R have the ratio {t:.4g}; above 3 + 2 sqrt(2) = {LARGEST_RATIO:.4g} the damping "
            "that reaches the ceiling is indefinite, so that no penalty has it",
            remedy="commuting_damping(R) is the best of those that commute with R R^T",
        )
    c = g * (1 - t) ** 2 / (np.sqrt(t) * (1 + t))
    A: Matrix = U @ np.array([[4 * g * t / (1 + t), c], [c, 4 * g / (1 + t)]]) @ U.T
    return A


LARGEST_RATIO = 3 + 2 * np.sqrt(2)
"""The largest ratio of two singular values with which a penalty can reach their geometric mean."""


def _left(R: ArrayLike, tolerance: float) -> tuple[Matrix, Vector]:
    """The left singular vectors and singular values of R, without those that are 0."""
    matrix = np.asarray(R, dtype=np.float64)
    if matrix.ndim != 2 or not np.isfinite(matrix).all():
        raise UsageError(f"R has shape {matrix.shape}; it must be a matrix of finite numbers")
    if not matrix.size:
        return np.zeros((len(matrix), 0)), np.zeros(0)
    U, sigma, _ = linalg.svd(matrix, full_matrices=False)
    kept = sigma > tolerance * sigma[0]
    return U[:, kept], sigma[kept]

"""The game linearised at an equilibrium: its Jacobian, its spectrum, and which of its modes are damped."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from gpreg.errors import UsageError

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

CLUSTER = 1e-9
"""Neighbouring singular values that differ by less than this, relative to the largest, count as equal."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mode:
    """A pair of directions in which generator and critic chase each other.

    Attributes:
        frequency: sigma, a singular value of C = f'(0) R: the angular frequency of the undamped mode.
        damping: ``u^T A u``, with ``A = rho Q + 2 |f''(0)| K``.
        critic: ``(p,)``, the left singular vector u. Within an eigenspace of ``C C^T`` the u diagonalise A.
        generator: ``(q,)``, the right singular vector w.
    """

    frequency: float
    damping: float
    critic: Vector = field(repr=False)
    generator: Vector = field(repr=False)

    @property
    def ratio(self) -> float:
        """The damping ratio ``zeta = u^T A u / (2 sigma)``: 0 undamped, 1 critical, above 1 overdamped."""
        return self.damping / (2 * self.frequency)


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearGame:
    """The linearised gradient flow of a regularized GAN near an equilibrium where D is constant.

    Critic and generator follow ``d/dt (v, w) = J (v, w)`` with ``J = [[-A, -C], [C^T, 0]]``,
    ``A = rho Q + 2 |f''(0)| K`` and ``C = f'(0) R``. For the Wasserstein loss f(t) = t that is
    ``J = [[-rho Q, -R], [R^T, 0]]`` (Kim, Park and Hwang 2018, section 4.2). A concave f in the objective
    ``E_pd f(D) + E_pg f(-D)`` adds K (Nagarajan and Kolter 2017). Saturating and non-saturating generators give the
    same J.

    Args:
        Q: ``(p, p)``, ``E_mu*[B^T B]`` with ``B = d^2 D / dx dpsi``; symmetric, positive semidefinite.
        R: ``(p, q)``, the derivative by theta of ``E_ptheta[grad_psi D]``.
        rho: the coefficient of the penalty ``(rho/2) E_mu |grad D|^2``, at least 0.
        K: ``(p, p)``, ``E_pd[grad_psi D grad_psi D^T]``; needed only where ``curvature`` is not 0.
        slope: f'(0), not 0.
        curvature: f''(0), at most 0.
        tolerance: eigenvalues and singular values of A and C up to this, relative to the largest, count as 0.

    Raises:
        UsageError: shapes do not fit, values are not finite, Q or K is asymmetric or has a negative eigenvalue, rho is
            negative, the slope is 0, or the curvature is positive or given without K.
    """

    Q: Matrix
    R: Matrix
    rho: float = 1.0
    K: Matrix | None = None
    slope: float = 1.0
    curvature: float = 0.0
    tolerance: float = 1e-10

    def __post_init__(self) -> None:
        R = _matrix("R", self.R)
        p = len(R)
        object.__setattr__(self, "R", R)
        object.__setattr__(self, "Q", _symmetric("Q", self.Q, p))
        object.__setattr__(self, "K", None if self.K is None else _symmetric("K", self.K, p))
        if not (np.isfinite(self.rho) and self.rho >= 0):
            raise UsageError(f"rho is {self.rho:g}; it must be a finite number of at least 0")
        if self.slope == 0 or self.curvature > 0:
            raise UsageError(
                f"f'(0) = {self.slope:g} and f''(0) = {self.curvature:g} are not those of a loss with a game at 0; "
                "f' must not be 0, and f'' at most 0"
            )
        if self.curvature and self.K is None:
            raise UsageError("f''(0) is not 0, so that K = E[grad_psi D grad_psi D^T] is needed, too")

    def at(self, rho: float) -> "LinearGame":
        """The same game with another coefficient."""
        return replace(self, rho=rho)

    @property
    def p(self) -> int:
        """Number of the critic's parameters."""
        return len(self.R)

    @property
    def q(self) -> int:
        """Number of the generator's parameters."""
        return len(self.R.T)

    @cached_property
    def damping(self) -> Matrix:
        """``(p, p)``, ``A = rho Q + 2 |f''(0)| K``."""
        A: Matrix = self.rho * self.Q
        return A if self.K is None else A - 2 * self.curvature * self.K

    @cached_property
    def coupling(self) -> Matrix:
        """``(p, q)``, ``C = f'(0) R``."""
        return self.slope * self.R

    @cached_property
    def jacobian(self) -> Matrix:
        """``(p + q, p + q)``, J."""
        C = self.coupling
        J: Matrix = np.block([[-self.damping, -C], [C.T, np.zeros((self.q, self.q))]])
        return J

    @cached_property
    def spectrum(self) -> Spectrum:
        """``(p + q,)``, the eigenvalues of J, sorted by their real and then their imaginary parts."""
        if not self.jacobian.size:
            return np.zeros(0, dtype=np.complex128)
        values: Spectrum = np.sort_complex(linalg.eigvals(self.jacobian))
        return values

    @cached_property
    def deflated(self) -> "LinearGame":
        """The same game off the null space of J, in orthonormal bases of C(Q) + C(K) + C(C) and of C(C^T).

        Because A is symmetric, J maps this space, the orthogonal complement of ``N(J) = (N(A) ∩ N(C^T)) x N(C)``, to
        itself. So the deflated game has exactly the eigenvalues of J off N(J), whether :attr:`contained` or not.
        """
        parts = [
            self.coupling,
            *([self.Q] if self.rho else []),
            *([self.K] if self.K is not None and self.curvature else []),
        ]
        D = _range(np.hstack([_scaled(part) for part in parts]), self.tolerance)
        G = _range(self.coupling.T, self.tolerance)
        if D.shape[1] == self.p and G.shape[1] == self.q:
            return self
        return replace(self, Q=D.T @ self.Q @ D, K=None if self.K is None else D.T @ self.K @ D, R=D.T @ self.R @ G)

    @cached_property
    def null_dimension(self) -> int:
        """The dimension of N(J), the directions that do not move: that of N(A) ∩ N(C^T) plus that of N(C)."""
        return self.p + self.q - self.deflated.p - self.deflated.q

    @cached_property
    def moving(self) -> Spectrum:
        """The eigenvalues off N(J), sorted by their real and then their imaginary parts; may be empty."""
        return self.deflated.spectrum

    @property
    def abscissa(self) -> float:
        """The largest real part off N(J): the slowest decay is ``exp(abscissa t)``.

        It is 0 where a mode is undamped, and ``-inf`` where nothing moves. At a multiple eigenvalue, as near critical
        damping, J may be defective, and the abscissa is then accurate only to the square root of the working precision,
        about 1e-8 relative to J (to the k-th root at a k-fold eigenvalue).
        """
        return 0.0 if self.undamped else float(self.moving.real.max(initial=-np.inf))

    @property
    def rate(self) -> float:
        """The slowest rate of decay, ``-abscissa``."""
        return 0.0 - self.abscissa

    @cached_property
    def modes(self) -> tuple[Mode, ...]:
        """One :class:`Mode` for each non-zero singular value of C, fastest first; may be empty."""
        U, sigma, Wt = linalg.svd(self.coupling, full_matrices=False) if self.coupling.size else _nothing(self)
        kept = int((sigma > self.tolerance * sigma.max(initial=0.0)).sum())
        modes = []
        for start, stop in _clusters(sigma[:kept]):
            values, turn = linalg.eigh(U[:, start:stop].T @ self.damping @ U[:, start:stop])
            critic, generator = U[:, start:stop] @ turn, Wt[start:stop].T @ turn
            frequency = float(sigma[start:stop].mean())
            modes += [
                Mode(frequency=frequency, damping=max(0.0, float(value)), critic=u, generator=w)
                for value, u, w in zip(values, critic.T, generator.T, strict=True)
            ]
        return tuple(modes)

    @cached_property
    def undamped(self) -> tuple[Mode, ...]:
        """The modes that never decay, with eigenvalues ``+- i frequency``; empty if there are none.

        J has a non-zero imaginary eigenvalue if and only if some eigenvector of ``C C^T`` with ``sigma^2 > 0`` lies
        in N(A). To see this, multiply ``(lambda^2 + lambda A + C C^T) v = 0`` by v*: for lambda = i omega it follows
        that ``omega v* A v = 0``, so A v = 0, and ``C C^T v = omega^2 v``.
        """
        largest = float(linalg.norm(self.damping, 2)) if self.damping.size else 0.0
        return tuple(mode for mode in self.modes if mode.damping <= self.tolerance * largest)

    @property
    def stable(self) -> bool:
        """Whether everything that moves decays: no mode is undamped, and J is Hurwitz off N(J)."""
        return not self.undamped

    @cached_property
    def positive_definite(self) -> bool:
        """Whether A is positive definite, the second alternative of assumption 6b."""
        return _rank(self.damping, self.tolerance) == self.p

    @cached_property
    def contained(self) -> bool:
        """Whether N(A) lies in N(C^T), as Theorem 1's proof needs it; sufficient for :attr:`stable`, not necessary."""
        null = linalg.null_space(self.damping, rcond=self.tolerance) if self.damping.size else np.eye(self.p)
        size = float(linalg.norm(self.coupling, 2)) if self.coupling.size else 0.0
        return not null.size or not size or float(linalg.norm(self.coupling.T @ null, 2)) <= 1e-7 * size

    @cached_property
    def reduced(self) -> Matrix:
        """J', which is J on the ranges of A and of C^T C; if :attr:`contained`, with the eigenvalues of J off N(J)."""
        T_D, T_G = _range(self.damping, self.tolerance), _range(self.coupling.T, self.tolerance)
        C = T_D.T @ self.coupling @ T_G
        J: Matrix = np.block([[-T_D.T @ self.damping @ T_D, -C], [C.T, np.zeros((T_G.shape[1],) * 2)]])
        return J


def _matrix(name: str, given: Any) -> Matrix:
    matrix = np.asarray(given, dtype=np.float64)
    if matrix.ndim != 2:
        raise UsageError(f"{name} has shape {matrix.shape}; it must be a matrix")
    if not np.isfinite(matrix).all():
        raise UsageError(f"{name} is not finite")
    return matrix


def _symmetric(name: str, given: Any, p: int) -> Matrix:
    matrix = _matrix(name, given)
    if matrix.shape != (p, p):
        raise UsageError(f"{name} has shape {matrix.shape}; with R of {p} rows it must be ({p}, {p})")
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-10 * float(np.abs(matrix).max(initial=0.0))):
        raise UsageError(f"{name} is not symmetric")
    matrix = (matrix + matrix.T) / 2
    values = linalg.eigvalsh(matrix) if p else np.zeros(1)
    if values.min() < -1e-8 * np.abs(values).max():
        raise UsageError(f"{name} has the eigenvalue {values.min():.3g}; a mean of products B^T B has none below 0")
    return matrix


def _rank(matrix: Matrix, tolerance: float) -> int:
    if not matrix.size:
        return 0
    values = linalg.svdvals(matrix)
    return int((values > tolerance * values.max()).sum())


def _scaled(matrix: Matrix) -> Matrix:
    """The matrix with norm 1, so that the rank of two matrices together does not depend on their sizes."""
    size = float(linalg.norm(matrix, 2)) if matrix.size else 0.0
    return matrix / size if size else matrix


def _range(matrix: Matrix, tolerance: float) -> Matrix:
    if not matrix.size or not matrix.any():
        return np.zeros((len(matrix), 0))
    basis: Matrix = linalg.orth(matrix, rcond=tolerance)
    return basis


def _nothing(game: LinearGame) -> tuple[Matrix, Vector, Matrix]:
    return np.zeros((game.p, 0)), np.zeros(0), np.zeros((0, game.q))


def _clusters(values: Vector) -> list[tuple[int, int]]:
    """The ranges of equal values in a descending sequence."""
    if not len(values):
        return []
    cuts = [0, *(np.flatnonzero(-np.diff(values) > CLUSTER * values[0]) + 1).tolist(), len(values)]
    return list(pairwise(cuts))

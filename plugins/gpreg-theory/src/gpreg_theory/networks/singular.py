"""The strongest generator-visible directions of a game: the leading singular triplets of R, by products with R."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import linalg
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from gpreg_theory.linear.game import Matrix, Vector
from gpreg_theory.networks.point import GamePoint

Tell = Callable[[str, int, int | None], None]
"""``tell(stage, done, total)``, called after each product; ``total`` is ``None`` if it is not known beforehand."""

BASIS = 4
"""Lanczos vectors per mode; with ARPACK's default of 2, a third more products are needed, which cost most."""

DENSE = 32
"""If R has no more rows or columns than this, it is formed as a matrix."""

PROBE = 8
"""The number of steps that look for a singular value that was missed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Triplets:
    """The leading singular triplets of R, strongest first; fewer than asked for where R has no more.

    Attributes:
        sigma: ``(k,)``, the singular values.
        left: ``(p, k)``, the left singular vectors u.
        gram: ``(p, k)``, ``R R^T u``, by which the caller can tell the residuals ``|R R^T u - sigma^2 u| / sigma^2``.
        products: how often R or its transpose was applied.
        note: what did not converge; empty if everything did.
    """

    sigma: Vector
    left: Matrix = field(repr=False)
    gram: Matrix = field(repr=False)
    products: int
    note: str = ""


def leading_triplets(
    point: GamePoint,
    k: int,
    *,
    tolerance: float = 1e-3,
    restarts: int = 20,
    seed: int = 0,
    tell: Tell | None = None,
) -> Triplets:
    """Find the k strongest triplets by implicitly restarted Lanczos iteration on ``R R^T`` or ``R^T R``.

    Squared singular values below 100 rounding errors of the largest cannot be told from zero this way and are left out.
    The memory is about ``6 k`` vectors of length ``min(p, q)`` and ``2 k`` of length p, in the networks' dtype.

    Args:
        point: the game whose R it is.
        k: the number of triplets.
        tolerance: the relative error of the Ritz values.
        restarts: the most restarts of ARPACK; what has converged by then is returned, with a note.
        seed: the seed of the starting vector.
        tell: told of every product.
    """
    count = _Count("strongest modes", tell)
    R = count.watch(point.R)
    p, q = R.shape
    if not min(p, q):
        left, note = np.zeros((p, 0), dtype=R.dtype), ""
    elif min(p, q) <= max(DENSE, k + 1):
        left, note = _dense(R), ""
    else:
        left, note = _lanczos(R, k, tolerance, restarts, seed)
    if not left.size:
        return Triplets(sigma=np.zeros(0), left=left, gram=left, products=count.done, note=note)
    right = np.stack([R.rmatvec(u) for u in left.T], axis=1)
    sigma = linalg.norm(right, axis=0).astype(np.float64)
    order = np.argsort(-sigma, kind="stable")[:k]
    order = order[sigma[order] ** 2 > 100 * np.finfo(R.dtype).eps * sigma.max() ** 2]
    gram = np.stack([R.matvec(w) for w in right.T[order]], axis=1) if len(order) else left[:, :0]
    return Triplets(sigma=sigma[order], left=left[:, order], gram=gram, products=count.done, note=note)


def _dense(R: LinearOperator) -> Matrix:
    """``(p, r)``, all left singular vectors."""
    p, q = R.shape
    unit = np.eye(min(p, q), dtype=R.dtype)
    matrix = np.stack([R.rmatvec(e) for e in unit]) if p <= q else np.stack([R.matvec(e) for e in unit], axis=1)
    U, sigma, _ = linalg.svd(matrix, full_matrices=False)
    vectors: Matrix = U[:, sigma > 0]
    return vectors


def _lanczos(R: LinearOperator, k: int, tolerance: float, restarts: int, seed: int) -> tuple[Matrix, str]:
    """The left singular vectors ``(p, k)``, or those that converged, and a note about the others.

    A Krylov space contains one vector of each eigenspace, so that a multiple singular value may be found too few times.
    So a few further steps, orthogonal to what was found, look for other values as large, and these are added.
    """
    p, q = R.shape
    outer, n = p <= q, min(p, q)
    gram = LinearOperator(
        (n, n),
        matvec=(lambda v: R.matvec(R.rmatvec(v))) if outer else (lambda w: R.rmatvec(R.matvec(w))),
        dtype=R.dtype,
    )
    rng = np.random.default_rng(seed)

    def start() -> Vector:
        drawn: Vector = rng.standard_normal(n).astype(R.dtype)
        return drawn

    values, vectors = np.zeros(0), np.zeros((n, 0), dtype=R.dtype)
    rest = gram
    for _ in range(k):
        v0 = rest.matvec(start())  # off the null space, where there is nothing to find
        if not v0.any():
            break
        try:
            more, beside = eigsh(
                rest, k=k, ncv=min(BASIS * k + 1, n), which="LM", v0=v0, tol=tolerance, maxiter=restarts
            )
        except ArpackNoConvergence as stopped:
            values, vectors = _strongest(values, vectors, stopped.eigenvalues, stopped.eigenvectors, k)
            note = f"{len(values)} of the {k} strongest modes converged in {restarts} restarts; "
            return _as_left(R, vectors, outer), note + "the others are not shown"
        values, vectors = _strongest(values, vectors, more, beside, k)
        rest = _beside(gram, vectors)
        largest = eigsh(rest, k=1, ncv=PROBE, v0=start(), tol=1.0, return_eigenvectors=False)[0]
        if largest <= (1 + tolerance) * values[-1]:
            break
    return _as_left(R, vectors, outer), ""


def _strongest(values: Vector, vectors: Matrix, more: Vector, beside: Matrix, k: int) -> tuple[Vector, Matrix]:
    """The k largest of two sets of eigenpairs that are orthogonal to each other."""
    both = np.concatenate([values, more])
    order = np.argsort(-both, kind="stable")[:k]
    return both[order], np.hstack([vectors, beside])[:, order]


def _beside(gram: LinearOperator, vectors: Matrix) -> LinearOperator:
    """The operator on the orthogonal complement of some vectors; on these it is 0."""

    def project(v: Vector) -> Vector:
        beside: Vector = v - vectors @ (vectors.T @ v)
        return beside

    return LinearOperator(gram.shape, matvec=lambda v: project(gram.matvec(project(v))), dtype=gram.dtype)


def _as_left(R: LinearOperator, vectors: Matrix, outer: bool) -> Matrix:
    """Left singular vectors of eigenvectors of ``R R^T`` (outer) or ``R^T R``."""
    if outer or not vectors.size:
        return vectors if outer else np.zeros((R.shape[0], 0), dtype=R.dtype)
    left = np.stack([R.matvec(w) for w in vectors.T], axis=1)
    size = linalg.norm(left, axis=0)
    unit: Matrix = left[:, size > 0] / size[size > 0]
    return unit


class _Count:
    """Counts the products and tells how many there were."""

    def __init__(self, stage: str, tell: Tell | None) -> None:
        self.stage, self.tell, self.done = stage, tell, 0

    def watch(self, operator: LinearOperator) -> LinearOperator:
        """The operator, with its products counted."""
        return LinearOperator(
            operator.shape,
            matvec=self._counted(operator.matvec),
            rmatvec=self._counted(operator.rmatvec),
            dtype=operator.dtype,
        )

    def _counted(self, product: Callable[[Vector], Vector]) -> Callable[[Vector], Vector]:
        def multiply(vector: Vector) -> Vector:
            result = product(vector)
            self.done += 1
            if self.tell:
                self.tell(self.stage, self.done, None)
            return result

        return multiply

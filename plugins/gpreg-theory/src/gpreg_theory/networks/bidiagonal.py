"""A few of the strongest modes of a game, with as few products as can be: Golub-Kahan bidiagonalisation."""

import numpy as np
from scipy import linalg
from scipy.sparse.linalg import LinearOperator

from gpreg_theory.linear.game import Vector
from gpreg_theory.networks.singular import Triplets

NONE_LEFT = 1e-5
"""A new direction of this length, relative to the strongest mode, is roundoff: the modes are all found."""

CONVERGED = 0.1
"""The largest residual ``|R^T u - sigma w| / sigma`` of a triplet that is kept; the strongest one is always kept."""


def few_triplets(R: LinearOperator, steps: int, *, seed: int = 0) -> Triplets:
    """The leading singular triplets of R that converge in a few steps (Golub and Kahan 1965), fully orthogonalised.

    If R has no more singular values than there are steps, all are found, and exactly; of a multiple one, one is found.

    Args:
        R: an operator ``(p, q)``.
        steps: the number of steps, each of which multiplies once by R and once by its transpose; there is one more
            product to begin with.
        seed: of the starting vector.
    """
    p, q = R.shape
    left, right, products = np.zeros((p, 0)), np.zeros((q, 0)), 1
    matrix = np.zeros((0, 0))
    w: Vector = R.rmatvec(np.random.default_rng(seed).standard_normal(p)) if q else np.zeros(0)
    size, largest = float(linalg.norm(w)), 0.0
    while size > NONE_LEFT * largest and matrix.shape[0] < min(steps, p, q):
        right = np.column_stack([right, w / size])
        u, along = _beside(R.matvec(right[:, -1]), left)
        alpha = float(linalg.norm(u))
        largest = max(largest, alpha, size if left.size else 0.0)
        if alpha <= NONE_LEFT * largest:  # R maps what is new to what is known
            right = right[:, :-1]
            size = 0.0
            break
        matrix = np.block([[matrix, along[:, None]], [np.zeros((1, left.shape[1])), np.full((1, 1), alpha)]])
        left = np.column_stack([left, u / alpha])
        w, _ = _beside(R.rmatvec(left[:, -1]), right)
        size, products = float(linalg.norm(w)), products + 2
    if not matrix.size:
        return Triplets(sigma=np.zeros(0), left=left, gram=left, products=products)
    P, sigma, _ = linalg.svd(matrix)
    residuals = size * np.abs(P[-1]) / np.maximum(sigma, np.finfo(float).tiny)
    kept = [i for i, residual in enumerate(residuals) if not i or residual <= CONVERGED]
    U = left @ P[:, kept]
    gram = U * sigma[kept] ** 2  # up to the residual
    note = f"{len(kept)} of {len(sigma)} modes converged in {len(sigma)} steps" if len(kept) < len(sigma) else ""
    return Triplets(sigma=sigma[kept], left=U, gram=gram, products=products, note=note)


def _beside(vector: Vector, known: Vector) -> tuple[Vector, Vector]:
    """The part of a vector that is orthogonal to known ones, and its coefficients in them; orthogonalised twice."""
    vector = vector.astype(np.float64)
    along = known.T @ vector
    vector = vector - known @ along
    again = known.T @ vector
    return vector - known @ again, along + again

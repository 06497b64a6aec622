"""The zero set of a sum of squares: whether it is the null space of its Hessian, or a manifold tangent to that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from gpreg_theory.linear.game import Matrix, Vector

DIRECTIONS = 10
"""The number of random null directions that are followed at each tolerance."""

TOLERANCES = (1e-5, 1e-4, 1e-3)
"""Singular values up to a tolerance, relative to the largest, count as 0; each is tried. Q has their squares."""

DISTANCES = (10**-1.5, 1e-2, 10**-2.5)
"""How far a null direction is followed, in units of the size of the parameters (at least 1)."""

ZERO = 1e-9
"""A residual up to this, relative to that in a direction that is no null direction, counts as 0."""

ITERATIONS = 40
"""The most Gauss-Newton steps of a correction."""

Part = Literal["holds", "fails", "undecided"]


@dataclass(frozen=True, kw_only=True)
class Constancy:
    """How a sum of squares ``h = |r|^2`` behaves along the null space of its Hessian ``2 B^T B``, B = r'.

    Attributes:
        literal: whether h is zero along straight lines in the null space.
        morse_bott: whether the zero set of h is a manifold with the null space as its tangent space.
        slope: the least slope of log h over log distance where h is not zero; ``nan`` where it always is. It is at
            least 4 for a smooth h.
        bend: the largest ``|correction| / distance^2``, the curvature of the zero set; bounded where there is one.
        nullity: the dimension of the null space at the middle tolerance.
        size: the number of parameters.
    """

    literal: Part
    morse_bott: Part
    slope: float
    bend: float
    nullity: int
    size: int


Residual = Callable[[Vector], Vector]


def constancy(residual: Residual, jacobian: Matrix, start: Vector) -> Constancy:
    """Follow random null directions, straight and then corrected back to ``r = 0`` by Gauss-Newton within C(B^T).

    Let r be analytic. The least h over all corrections of a null vector v is then an analytic function of v, and h is
    Morse-Bott if and only if this function is zero everywhere. If it is not, it vanishes along a random v with
    probability 0, so that one random direction would decide; several guard against roundoff. The same goes for h
    itself, without corrections.

    Args:
        residual: r, ``(p,) -> (n,)``, zero at ``start``.
        jacobian: B, ``(n, p)``, its derivative at ``start``.
        start: ``(p,)``.

    Returns:
        what was found; what differs between tolerances is undecided.
    """
    U, values, Vt = linalg.svd(jacobian, full_matrices=False) if jacobian.size else _nothing(jacobian)
    top = values.max(initial=0.0)
    ranks = [int((values > tolerance * top).sum()) for tolerance in TOLERANCES]
    rng = np.random.default_rng(0)
    scale = max(float(linalg.norm(start)), 1.0)
    judged = {}
    for rank in set(ranks):
        seen = Vt[:rank]
        inverse = (seen.T / values[:rank]) @ U[:, :rank].T
        walks = []
        for _ in range(DIRECTIONS if rank < len(start) else 0):
            v = rng.standard_normal(len(start))
            v -= seen.T @ (seen @ v)
            walks.append(_walk(residual, inverse, start, scale * v / linalg.norm(v), unit=top))
        judged[rank] = _judged(walks)
    found = [judged[rank] for rank in ranks]
    literal, bott = agreed([one[0] for one in found]), agreed([one[1] for one in found])
    slopes = [one[2] for one in found if np.isfinite(one[2])]
    return Constancy(
        literal=literal,
        morse_bott=bott,
        slope=min(slopes, default=float("nan")),
        bend=max(one[3] for one in found),
        nullity=len(start) - ranks[1],
        size=len(start),
    )


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """The relative residuals ``|r| / (|B| distance)`` at each distance, before and after correction, and its size."""

    straight: Sequence[float]
    corrected: Sequence[float]
    bends: Sequence[float]


def _walk(residual: Residual, inverse: Matrix, start: Vector, v: Vector, *, unit: float) -> _Walk:
    straight, corrected, bends = [], [], []
    for distance in DISTANCES:
        step = distance * v
        away = (unit or 1.0) * float(linalg.norm(step))
        r = residual(start + step)
        straight.append(float(linalg.norm(r)) / away)
        correction = np.zeros_like(start)
        for _ in range(ITERATIONS):
            change = inverse @ r
            if linalg.norm(change) <= 1e-12 * linalg.norm(step) or linalg.norm(correction) > linalg.norm(step):
                break
            correction -= change
            r = residual(start + step + correction)
        corrected.append(float(linalg.norm(r)) / away)
        bends.append(float(linalg.norm(correction)) / float(linalg.norm(step)) ** 2)
    return _Walk(straight=straight, corrected=corrected, bends=bends)


def _judged(walks: Sequence[_Walk]) -> tuple[Part, Part, float, float]:
    """Literal, Morse-Bott, slope and bend by the walks of one tolerance; without any walk, the Hessian is regular."""
    if not walks:
        return "holds", "holds", float("nan"), 0.0
    straight, corrected, bends = (
        np.array([getattr(walk, name) for walk in walks]) for name in ("straight", "corrected", "bends")
    )
    slope, left = _power(straight), _power(corrected)
    literal: Part = "holds" if (straight <= ZERO).all() else "fails" if slope > 3 else "undecided"
    bott: Part = "undecided"
    if (corrected <= ZERO).all() and bends[:, -1].max() <= 3 * bends[:, 0].max() + ZERO:
        bott = "holds"
    elif left > 3:  # a power law at all distances: what is left is not roundoff, and there is no zero nearby
        bott = "fails"
    return literal, bott, slope, float(bends.max())


def _power(residuals: NDArray[np.float64]) -> float:
    """The least power of the distance with which h grows along a walk; ``nan`` if it grows like a power along none.

    ``|r|`` relative to the distance has one power less than ``|r|``, and h is the square of ``|r|``.
    """
    above = residuals[(residuals > ZERO).all(axis=1)]
    powers = 2 - 2 * np.diff(np.log(above), axis=1) / -np.diff(np.log(DISTANCES))
    steady = powers[np.ptp(powers, axis=1) < 0.5] if len(powers) else powers
    return float(steady[:, -1].min()) if len(steady) else float("nan")


def agreed(parts: Sequence[Part]) -> Part:
    """The answer that all parts agree on; undecided if they differ."""
    return parts[0] if len(set(parts)) == 1 else "undecided"


def _nothing(jacobian: Matrix) -> tuple[Matrix, NDArray[np.float64], Matrix]:
    n, p = jacobian.shape
    return np.zeros((n, 0)), np.zeros(0), np.zeros((0, p))

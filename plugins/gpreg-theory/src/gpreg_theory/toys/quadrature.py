"""Laws as weighted nodes, so that an expectation is a finite sum."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor

from gpreg_theory.linear.game import Vector

GAUSS = 12
"""The number of nodes of a smooth law, which are exact for polynomials up to degree 23."""

CHEBYSHEV = (9, 7, 6, 5, 4, 3, 2, 1)
"""The numbers of nodes for which Chebyshev's rule with equal weights has real nodes (Bernstein 1937)."""


class Nodes(NamedTuple):
    """``points`` ``(..., n, d)`` and ``weights`` ``(..., n)``; a probability law's weights sum to 1."""

    points: Tensor
    weights: Tensor


@dataclass(frozen=True, eq=False)
class Distribution:
    """A probability law on R^d, as two kinds of nodes.

    Attributes:
        gauss: the most exact nodes: those of Gauss for a smooth law, the atoms of a discrete one.
        equal: nodes with equal weights, for code that takes means over a batch. Exact up to degree 9 for a uniform law
            and degree 3 for a normal one; the atoms of a discrete law, if these are equally probable.
    """

    gauss: Nodes
    equal: Nodes

    @classmethod
    def uniform(cls, low: float = -1.0, high: float = 1.0, n: int = GAUSS) -> "Distribution":
        """U(low, high) on the line; with fewer nodes if ``n`` is smaller."""
        points, weights = np.polynomial.legendre.leggauss(n)
        equal = chebyshev(next(count for count in CHEBYSHEV if count <= n))
        middle, half = (low + high) / 2, (high - low) / 2
        return cls(_line(middle + half * points, weights / 2), _line(middle + half * equal))

    @classmethod
    def normal(cls, std: float = 1.0, n: int = GAUSS) -> "Distribution":
        """N(0, std^2) on the line."""
        points, weights = np.polynomial.hermite_e.hermegauss(n)
        quantiles = ndtri((np.arange(n) + 0.5) / n)
        size = np.sqrt(np.mean(quantiles**2))
        return cls(_line(std * points, weights / weights.sum()), _line(std * quantiles / (size or 1.0)))

    @classmethod
    def atoms(cls, points: Tensor) -> "Distribution":
        """Equally probable atoms ``(n, d)``."""
        nodes = Nodes(points, points.new_full((len(points),), 1 / len(points)))
        return cls(nodes, nodes)


def chebyshev(n: int) -> Vector:
    """``(n,)``, the nodes in [-1, 1] over which the plain mean is the mean of U(-1, 1), exact up to degree n.

    Their power sums are ``n / (k + 1)`` for even k and 0 for odd k; Newton's identities turn these into the
    coefficients of the polynomial whose roots they are.
    """
    sums = [n / (k + 1) if k % 2 == 0 else 0.0 for k in range(n + 1)]
    coefficients = [1.0]
    for k in range(1, n + 1):
        coefficients.append(-sum(coefficients[k - i] * sums[i] for i in range(1, k + 1)) / k)
    nodes: Vector = np.sort(np.roots(coefficients).real)
    return nodes


def product(*factors: Nodes) -> tuple[list[Tensor], Tensor]:
    """Combine the nodes of independent laws in every way.

    Args:
        factors: the nodes ``(n_i, d_i)`` and weights ``(n_i,)`` of each law.

    Returns:
        for each law the indices of its nodes, ``(N,)``, with N the product of the n_i; and the weights, ``(N,)``.
    """
    grids = torch.meshgrid(*(torch.arange(len(nodes.weights)) for nodes in factors), indexing="ij")
    chosen = [grid.flatten() for grid in grids]
    weights = torch.ones(len(chosen[0]) if chosen else 1, dtype=torch.float64)
    for nodes, index in zip(factors, chosen, strict=True):
        weights = weights * nodes.weights[index]
    return chosen, weights


def _line(points: Vector, weights: Vector | None = None) -> Nodes:
    weights = np.full(len(points), 1 / len(points)) if weights is None else weights
    return Nodes(torch.from_numpy(np.ascontiguousarray(points)).reshape(-1, 1), torch.from_numpy(weights))

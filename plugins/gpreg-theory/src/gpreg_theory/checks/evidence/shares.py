"""What a measure sees of the directions that data sees, by Q of both, with bounds by the spread over groups."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg, special
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import PenaltyBatch
from gpreg_theory.checks.evidence.frozen import NO_PSI, in_float64
from gpreg_theory.linear.game import Matrix
from gpreg_theory.networks.features import Features, coverage
from gpreg_theory.networks.players import CriticPlayer

TOLERANCES = (1e-2, 1e-3, 1e-4)
"""Eigenvalues of Q_d up to a tolerance, relative to the largest, count as 0; each of these is tried."""

GROUPS = 16
"""Samples are averaged in this many groups; the spread of the groups' means gives every interval."""

PARTS = tuple(slice(start, None, GROUPS) for start in range(GROUPS))
"""The samples of each group: every :data:`GROUPS`-th one, because a batch may consist of different parts."""

LEVEL = float(special.stdtrit(GROUPS - 1, 0.99))
"""The width of a one-sided 99 % bound from this many groups, in standard errors."""

RESAMPLES = 200
"""The number of bootstrap resamples of the groups."""

STRONGEST = 8
"""The number of strongest directions along which a large last layer is looked at."""

Groups = NDArray[np.float64]
"""``(G, p, p)``, the mean of ``m_i B(x_i)^T B(x_i)`` over each group of samples."""

QMatrices = Callable[[Tensor, Tensor | None, Tensor | None], Groups]
"""A function from points ``(N, *x)``, weights ``(N,)`` and labels ``(N,)`` to Q of each group, ``(G, p, p)``."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much the penalty sees, at least, of what the data sees, at one tolerance.

    Attributes:
        tolerance: eigenvalues of Q_d up to this, relative to the largest, count as 0.
        rank: the number of directions that are left.
        constant: ``c = min v^T Q_mu v / v^T Q_d v`` over them, on the first batch.
        reproduced: the same ratio on the second batch, at the v that is minimal on the first.
        upper: the upper 99 % bound on that ratio.
        lower: the lower 99 % bound on c on the second batch; ``-inf`` with too few samples for so many directions.
    """

    tolerance: float
    rank: int
    constant: float
    reproduced: float
    upper: float
    lower: float


def shares(first: tuple[Groups, Groups], second: tuple[Groups, Groups]) -> list[Share]:
    """What a measure sees of the directions that data sees, at each of :data:`TOLERANCES`.

    Args:
        first: Q_mu and Q_d, from samples that are independent of one another; they find the least covered direction.
        second: the same from two other samples; they test this direction.
    """
    Q_mu, Q_d = (own.mean(0) for own in first)
    found = []
    for tolerance in TOLERANCES:
        least = coverage(Q_mu, Q_d, tolerance=tolerance)
        if least.witness is None:
            continue
        v = least.witness
        seen, there = (np.einsum("p,gpq,q->g", v, own, v) for own in second)
        found.append(
            Share(
                tolerance=tolerance,
                rank=least.rank,
                constant=least.constant,
                reproduced=_over(seen.mean(), there.mean()),
                upper=_over(seen.mean() + LEVEL * _error(seen), there.mean() - LEVEL * _error(there)),
                lower=_lower(second, Q_d, tolerance),
            )
        )
    return found


def whole_matrices(batch: PenaltyBatch) -> QMatrices:
    """The function that computes Q for all of the critic's parameters."""
    player = CriticPlayer(in_float64(batch, limit=1).critic, chunk=len(batch.real))
    if not player.size:
        raise UsageError(NO_PSI)

    def grouped(points: Tensor, weights: Tensor | None, labels: Tensor | None) -> Groups:
        points = player.convert(points)
        unit = torch.eye(player.size, dtype=player.dtype, device=player.device)
        J = torch.stack([player.mixed(points, labels, e).flatten(1) for e in unit], dim=1)
        scaled = J if weights is None else J * player.convert(weights).view(-1, 1, 1)
        groups = [torch.einsum("npd,nqd->pq", scaled[own], J[own]) / len(J[own]) for own in PARTS]
        matrices: Groups = torch.stack(groups).cpu().numpy()
        return matrices

    return grouped


def last_layer_matrices(batch: PenaltyBatch, *, large: bool) -> QMatrices:
    """The function that computes Q for the last layer's; if it is large, along the directions that data sees most."""
    features = Features(batch.critic, batch.real[:16], None if batch.labels is None else batch.labels[:16])
    basis = features.directions(batch.real, STRONGEST, batch.labels) if large else None

    def grouped(points: Tensor, weights: Tensor | None, labels: Tensor | None) -> Groups:
        def part(own: slice) -> Matrix:
            m, y = (None if tensor is None else tensor[own] for tensor in (weights, labels))
            return features.penalty_matrix(points[own], m, y, basis)

        return np.stack(list(map(part, PARTS)))

    return grouped


def _lower(second: tuple[Groups, Groups], Q_d: Matrix, tolerance: float) -> float:
    """The lower 99 % bound on c over the directions that Q_d keeps, by the 1 % quantile of a bootstrap."""
    values, vectors = linalg.eigh(Q_d)
    V = vectors[:, values > tolerance * values.max()]
    Q_mu, own = (np.einsum("pr,gpq,qs->grs", V, groups, V, optimize=True) for groups in second)
    rng = np.random.default_rng(0)
    constants = []
    for _ in range(RESAMPLES):
        one, two = (groups[rng.integers(len(groups), size=len(groups))].mean(0) for groups in (Q_mu, own))
        try:
            constants.append(linalg.eigh(one, two, eigvals_only=True, subset_by_index=[0, 0])[0])
        except linalg.LinAlgError:  # the resample does not span the directions
            return -np.inf
    return float(np.quantile(constants, 0.01))


def definite_on(*batches: Groups) -> bool:
    """Whether the smallest eigenvalue of Q is positive with 99 % confidence on each batch, beyond roundoff."""
    for groups in batches:
        rng = np.random.default_rng(0)
        size = len(groups)
        smallest = [linalg.eigvalsh(groups[rng.integers(size, size=size)].mean(0))[0] for _ in range(RESAMPLES)]
        if np.quantile(smallest, 0.01) <= TOLERANCES[-1] * linalg.eigvalsh(groups.mean(0))[-1]:
            return False
    return True


def _error(groups: NDArray[np.float64]) -> float:
    return float(groups.std(ddof=1) / np.sqrt(len(groups)))


def _over(share: float, whole: float) -> float:
    return max(share, 0.0) / whole if whole > 0 else np.inf

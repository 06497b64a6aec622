"""A small game near its equilibrium: its field as a function of one vector, the Jacobian, and other equilibria."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import linalg, optimize
from torch import Tensor

from gpreg_theory.checks.evidence.tube import tube
from gpreg_theory.linear.game import Matrix, Vector
from gpreg_theory.networks.point import GamePoint

NULL = 1e-7
"""Singular values of J up to this, relative to the largest, count as 0."""

DISTANCES = (1e-1, 1e-2)
"""How far away a search starts, in units of the size of the parameters (at least 1)."""

STARTS = 1
"""The number of random starting points at each distance."""

REST = 1e-6
"""A field up to this, relative to the distance of the starting point, counts as zero."""

BENT = 0.1
"""D is not constant if it varies by more than this part of the most that a step of the same length could do."""

PERMUTATIONS = 199
"""The number of permutations of the test whether two samples have one law; p-values then go down to 1/200."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A zero of the field near the point that is checked.

    Attributes:
        distance: the Euclidean distance to that point in parameter space.
        bend: ``sup |D - mean D|`` around the data, relative to the most that a step of the same length in psi could do.
        p_value: that of the permutation test whether generator and data have one law.
        parameters: psi before theta; the first eight at most.
    """

    distance: float
    bend: float
    p_value: float
    parameters: list[float]

    @property
    def bad(self) -> bool:
        """Whether the critic is not constant there, or the generator's law is, with 99 % confidence, not the data's."""
        return self.bend > BENT or self.p_value < 0.01


def energy_test(first: Tensor, second: Tensor, seed: int = 0) -> float:
    """The p-value of a permutation test whether two samples ``(N, *x)`` have one law, by their energy distance.

    The energy distance is the maximum mean discrepancy with the kernel ``-|x - y|``.
    """
    both = torch.cat([first.flatten(1), second.flatten(1)])
    kernel = -torch.cdist(both, both, compute_mode="donot_use_mm_for_euclid_dist").numpy()
    signs = np.concatenate([np.full(len(first), 1 / len(first)), np.full(len(second), -1 / len(second))])
    rng = np.random.default_rng(seed)
    all_signs = np.stack([signs, *(rng.permutation(signs) for _ in range(PERMUTATIONS))])
    distances = np.einsum("ki,ij,kj->k", all_signs, kernel, all_signs, optimize=True)
    return float((distances >= distances[0] - 1e-12 * abs(distances[0])).mean())


class Neighbourhood:
    """A frozen game near its starting point, whose state is one vector: psi, then theta.

    Args:
        game: a game of players with few parameters.
    """

    def __init__(self, game: GamePoint) -> None:
        self.game, self.p = game, game.p
        self.start: Vector = torch.cat([game.psi, game.theta]).numpy().copy()
        self.scale = max(float(linalg.norm(self.start)), 1.0)

    def at(self, z: Vector) -> GamePoint:
        """The game with its players at z."""
        vector = torch.from_numpy(z)
        return self.game.at(vector[: self.p], vector[self.p :])

    def field(self, z: Vector) -> Vector:
        """``(p + q,)``, the gradient flow's field at z."""
        field: Vector = torch.cat(self.at(z).field()).numpy()
        return field

    def jacobian(self, z: Vector) -> Matrix:
        """``(p + q, p + q)``, the Jacobian of the field at z."""
        return jacobian_of(self.at(z))

    def constants(self, null: Matrix) -> Matrix:
        """``(p + q, k)``, orthonormal: the null directions along which D stays constant and theta does not move."""
        point = self.at(self.start)
        if not null.shape[1]:
            return null
        v = torch.from_numpy(null[: self.p].T.copy())
        around, labels = self._around()
        changes = torch.stack([point.critic.moved(around, labels, own) for own in v], dim=1)
        seen = np.vstack([(changes - changes.mean(0)).numpy(), null[self.p :]])
        kept: Matrix = null @ linalg.null_space(seen, rcond=NULL)
        rng = np.random.default_rng(0)
        for distance in DISTANCES:  # D must stay constant exactly, not just to first order
            step = kept @ rng.standard_normal(kept.shape[1])
            size = float(linalg.norm(step)) or 1.0
            values = self.at(self.start + distance * self.scale * step / size).critic.values(around, labels)
            if float(values.max() - values.min()) > 1e-10 * self.scale:
                return null[:, :0]
        return kept

    def search(self, null: Matrix, seed: int = 0) -> Iterator[Neighbour]:
        """Search equilibria at fixed distances by Levenberg and Marquardt's method, from random null directions.

        The distance enters as one more equation: without it the method only ever returns to where J is singular.
        """
        rng = np.random.default_rng(seed)
        most = self._most_bent()
        for radius in self.scale * np.array(DISTANCES):
            for _ in range(STARTS):
                step = null @ rng.standard_normal(null.shape[1])
                found = optimize.least_squares(
                    self._on_sphere,
                    self.start + radius * step / linalg.norm(step),
                    jac=self._slope_on_sphere,
                    method="lm",
                    kwargs={"radius": radius},
                    max_nfev=30,
                    xtol=1e-12,
                )
                resting = float(linalg.norm(found.fun[:-1])) <= REST
                if resting and abs(float(linalg.norm(found.x - self.start)) / radius - 1) < 0.1:
                    yield self._described(found.x, most)

    def _on_sphere(self, z: Vector, radius: float) -> Vector:
        """The field divided by the distance, and the error of the distance."""
        way = z - self.start
        residual: Vector = np.append(self.field(z) / radius, way @ way / radius**2 - 1)
        return residual

    def _slope_on_sphere(self, z: Vector, radius: float) -> Matrix:
        slope: Matrix = np.vstack([self.jacobian(z) / radius, 2 * (z - self.start) / radius**2])
        return slope

    def _described(self, z: Vector, most: float) -> Neighbour:
        point = self.at(z)
        around, labels = self._around()
        values = point.critic.values(around, labels)
        step = float(linalg.norm(z[: self.p] - self.start[: self.p]))
        bend = float((values - values.mean()).abs().max()) / (most * step) if most * step > 0 else 0.0
        fake = point.real if point.fake is None else point.fake
        return Neighbour(
            distance=float(linalg.norm(z - self.start)),
            bend=bend,
            p_value=energy_test(fake, point.real),
            parameters=z[:8].tolist(),
        )

    def _most_bent(self) -> float:
        """The largest ``|grad_psi D(x) - mean|`` around the data."""
        critic = self.at(self.start).critic
        around, labels = self._around()
        slopes = torch.stack([critic.moved_adjoint(around, labels, pick) for pick in torch.eye(len(around)).to(around)])
        return float((slopes - slopes.mean(0)).norm(dim=1).max())

    def _around(self) -> tuple[Tensor, Tensor | None]:
        point = self.game
        return tube(point.real[:32])[0], None if point.labels is None else point.labels[:32].repeat(2)


def jacobian_of(point: GamePoint) -> Matrix:
    """``(p + q, p + q)``, the Jacobian of the field at a point."""
    units = torch.eye(point.p + point.q, dtype=torch.float64).to(point.psi)
    columns = [torch.cat(point.field_product(e[: point.p], e[point.p :])) for e in units]
    matrix: Matrix = torch.stack(columns, dim=1).cpu().numpy()
    return matrix

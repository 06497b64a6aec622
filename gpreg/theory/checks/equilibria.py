"""Assumption 4: no equilibrium nearby has a critic that is not constant, or another law than the data's."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg, optimize
from torch import Tensor

from gpreg.errors import GpregError
from gpreg.interfaces import CheckContext, Finding, PenaltyBatch
from gpreg.theory.checks.declared import not_of_the_theorem, of_the_theorem
from gpreg.theory.checks.flatness import tube
from gpreg.theory.checks.frozen import NO_PSI, NO_THETA, FrozenGame, undecided
from gpreg.theory.linear.game import Matrix, Vector
from gpreg.theory.networks.point import GamePoint

LARGEST = 200
"""The most parameters of both players together for which J is formed,"""

SEARCHED = 40
"""and for which other equilibria are searched."""

SAMPLES = 1024
"""The most samples of a batch that are used."""

GROUPS = 16
"""Samples are averaged in so many groups, whose spread tells the error of J."""

ERRORS = 3.0
"""So many standard errors of J, in the Frobenius norm, bound its error: t with 15 degrees, 99 %, two-sided."""

NULL = 1e-7
"""Singular values of J up to this, relative to the largest, count as 0."""

DISTANCES = (1e-1, 1e-2)
"""How far off a search starts, in units of the size of the parameters (at least 1)."""

STARTS = 1
"""Random starting points at each distance."""

REST = 1e-6
"""A field up to this, relative to the starting point's distance, is at rest."""

BENT = 0.1
"""D is not constant if it varies by more than this part of what a step of the same length does at most."""

PERMUTATIONS = 199
"""Of the test whether two samples have one law; together with the observed one they give p-values down to 1/200."""

_SOURCE = "Kim, Park and Hwang (2018), Assumption 4, up to constants of D"


@dataclass(frozen=True, kw_only=True)
class Equilibrium:
    """A zero of the field near the point that was asked about.

    Attributes:
        distance: to that point, Euclidean, in parameter space.
        bend: ``sup |D - mean D|`` around the data, relative to what a step of the same length in psi does at most.
        p_value: of the permutation test that generator and data have one law.
        parameters: psi before theta; at most the first eight.
    """

    distance: float
    bend: float
    p_value: float
    parameters: list[float]

    @property
    def bad(self) -> bool:
        """Whether its critic is not constant, or its law, with 99 % confidence, not the data's."""
        return self.bend > BENT or self.p_value < 0.01


def check(context: CheckContext) -> Iterable[Finding]:
    """Assumption 4, for small players at an equilibrium; elsewhere the equilibrium is not known.

    By the implicit function theorem there is no other equilibrium nearby where J is regular. A direction in which D
    stays constant and theta where it is, as the output's bias of a Wasserstein critic, leads to equilibria that are
    as good; modulo these J need be regular only. Where it is not, equilibria are searched, and a bad one is a witness.
    """
    if not of_the_theorem(context):
        yield undecided("4", not_of_the_theorem(context), "use the form squared")
    elif context.point != "equilibrium":
        known = "the generator is untrained" if context.point == "construction" else "this is not an equilibrium"
        yield undecided("4", f"{known}: where the game would end is not known, nor what is near")
    else:
        try:
            yield _finding(context)
        except GpregError as error:
            yield undecided("4", error.message, error.remedy)


def energy_test(first: Tensor, second: Tensor, seed: int = 0) -> float:
    """p-value of the permutation test that two samples ``(N, *x)`` have one law, by their energy distance.

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
    """A frozen game near its starting point, as a field of one vector, psi before theta.

    Args:
        game: of small players.
    """

    def __init__(self, game: FrozenGame) -> None:
        self.game, self.p = game, game.point.p
        self.start: Vector = torch.cat([game.point.psi, game.point.theta]).numpy().copy()
        self.scale = max(float(linalg.norm(self.start)), 1.0)

    def at(self, z: Vector) -> GamePoint:
        """The game with its players there."""
        vector = torch.from_numpy(z)
        return self.game.at(vector[: self.p], vector[self.p :])

    def field(self, z: Vector) -> Vector:
        """``(p + q,)``."""
        field: Vector = torch.cat(self.at(z).field()).numpy()
        return field

    def jacobian(self, z: Vector) -> Matrix:
        """``(p + q, p + q)``."""
        return _jacobian(self.at(z))

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
        for distance in DISTANCES:  # exactly constant, not just to first order
            step = kept @ rng.standard_normal(kept.shape[1])
            size = float(linalg.norm(step)) or 1.0
            values = self.at(self.start + distance * self.scale * step / size).critic.values(around, labels)
            if float(values.max() - values.min()) > 1e-10 * self.scale:
                return null[:, :0]
        return kept

    def search(self, null: Matrix, seed: int = 0) -> Iterator[Equilibrium]:
        """Equilibria at fixed distances, found by Levenberg and Marquardt's method from random null directions.

        That the distance is kept is one more equation: without it the method only ever returns to where J is singular.
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
        """The field per distance; and how far off the distance is."""
        way = z - self.start
        residual: Vector = np.append(self.field(z) / radius, way @ way / radius**2 - 1)
        return residual

    def _slope_on_sphere(self, z: Vector, radius: float) -> Matrix:
        slope: Matrix = np.vstack([self.jacobian(z) / radius, 2 * (z - self.start) / radius**2])
        return slope

    def _described(self, z: Vector, most: float) -> Equilibrium:
        point = self.at(z)
        around, labels = self._around()
        values = point.critic.values(around, labels)
        step = float(linalg.norm(z[: self.p] - self.start[: self.p]))
        bend = float((values - values.mean()).abs().max()) / (most * step) if most * step > 0 else 0.0
        fake = point.real if point.fake is None else point.fake
        return Equilibrium(
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
        point = self.game.point
        return tube(point.real[:32])[0], None if point.labels is None else point.labels[:32].repeat(2)


def _finding(context: CheckContext) -> Finding:
    batches = (context.batch, context.second_batch)
    first, second = (Neighbourhood(FrozenGame.of(context, own, limit=SAMPLES)) for own in batches)
    n, p, q = len(first.start), first.game.point.p, first.game.point.q
    if not q:
        return undecided("4", NO_THETA)
    if not p:
        return undecided("4", NO_PSI)
    if n > LARGEST:
        evidence = f"the players have {n} parameters together; J is formed up to {LARGEST}"
        return undecided("4", evidence, "check a smaller game of the same kind")
    _, values, Vt = linalg.svd(first.jacobian(first.start))
    rank = int((values > NULL * values.max(initial=0.0)).sum())
    null: Matrix = Vt[rank:].T
    constants = first.constants(null)
    statistics: dict[str, Any] = {"nullity": n - rank, "constants": constants.shape[1]}
    if rank + constants.shape[1] == n:
        return _isolated(_groups(context, batches[1]), constants, statistics)
    lead = f"J has {n - rank} null directions, {constants.shape[1]} of them constants of D"
    if n > SEARCHED:
        evidence = f"{lead}; with {n} parameters (more than {SEARCHED}) other equilibria are not searched"
        return undecided("4", evidence, statistics=statistics)
    return _searched((first, second), null, lead, statistics)


def _isolated(groups: NDArray[np.float64], constants: Matrix, statistics: dict[str, Any]) -> Finding:
    """Whether J is regular off the constants, with its error; J ``(G, n, n)`` of groups of the second batch."""
    moving = linalg.null_space(constants.T) if constants.size else np.eye(len(constants))
    own = groups @ moving
    smallest = float(linalg.svdvals(own.mean(0)).min(initial=np.inf))
    error = float(linalg.norm(own.std(axis=0, ddof=1))) / np.sqrt(len(own)) if len(own) > 1 else np.inf
    bound = smallest - ERRORS * error  # singular values move by no more than the norm of what is added
    statistics |= {"smallest": smallest, "bound": bound}
    modulo = f" modulo constants of D ({constants.shape[1]} directions)" if constants.shape[1] else ""
    evidence = (
        f"the smallest singular value of J{modulo} is {smallest:.2g}, with 99 % confidence at least {bound:.2g}, "
    )
    evidence += "on a second batch"
    if bound > NULL * linalg.norm(own.mean(0)):
        return _decided("holds", f"{evidence}: the equilibrium is isolated{modulo}", statistics)
    return undecided("4", f"{evidence}: J may be singular", "take a larger batch", statistics)


def _searched(
    both: tuple[Neighbourhood, Neighbourhood], null: Matrix, lead: str, statistics: dict[str, Any]
) -> Finding:
    """A bad equilibrium on each batch is a witness; the first that is found does."""
    if max(float(linalg.norm(own.field(own.start))) for own in both) > REST * DISTANCES[-1]:
        return undecided("4", f"{lead}; the batch's noise hides what is near", "take a larger batch", statistics)
    found = [next((one for one in own.search(null) if one.bad), None) for own in both]
    bad = [one for one in found if one is not None]
    statistics["witnesses"] = [asdict(one) for one in bad]
    if len(bad) < len(both):
        evidence = f"{lead}; no bad equilibrium was found near on both batches, which does not prove that there is none"
        return undecided("4", evidence, statistics=statistics)
    what = "whose critic is not constant" if bad[1].bend > BENT else "whose law is not the data's"
    evidence = f"{lead}; at distance {bad[1].distance:.2g} there is an equilibrium {what}, on both batches"
    return _decided("violated", evidence, statistics, remedy="choose a critic that sees what moves the generator's law")


def _groups(context: CheckContext, batch: PenaltyBatch) -> NDArray[np.float64]:
    """``(G, n, n)``, J at the starting point for each group of samples; their mean is that of the batch."""
    parts: dict[str, Any] = {name: getattr(batch, name) for name in ("real", "fake", "latent", "labels", "fake_labels")}
    groups = []
    for start in range(min(GROUPS, len(batch.real))):
        own: dict[str, Any] = {
            name: part if part is None else part[:SAMPLES][start::GROUPS] for name, part in parts.items()
        }
        groups.append(_jacobian(FrozenGame.of(context, replace(batch, **own)).point))
    return np.stack(groups)


def _jacobian(point: GamePoint) -> Matrix:
    units = torch.eye(point.p + point.q, dtype=torch.float64).to(point.psi)
    columns = [torch.cat(point.field_product(e[: point.p], e[point.p :])) for e in units]
    jacobian: Matrix = torch.stack(columns, dim=1).cpu().numpy()
    return jacobian


def _decided(verdict: Any, evidence: str, statistics: dict[str, Any], remedy: str = "") -> Finding:
    return Finding(
        assumption="4",
        verdict=verdict,
        basis="measured",
        evidence=evidence,
        statistics=statistics,
        remedy=remedy,
        source=_SOURCE,
    )

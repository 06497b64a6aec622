"""A registered penalty measure as weighted nodes, by feeding its sampler quadrature nodes instead of samples."""

from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.penalties.contract import check_sample
from gpreg_theory.toys.law import PenaltyLaw
from gpreg_theory.toys.numbers import Numbers, nodes_of
from gpreg_theory.toys.players import LinearCritic, Players
from gpreg_theory.toys.quadrature import Nodes, product

PROBE = 5
"""The number of rows of the batches on which a measure is tried."""


class Sampled(PenaltyLaw):
    """The measure from which a :class:`PenaltyMeasure` draws, integrated exactly.

    ``sample`` gets a batch with all combinations of a real node, a fake node and a node of each random number that the
    measure draws. Its points, weighted by the probabilities of the combinations, are a product rule for mu, which is
    exact for polynomials, and always for laws of atoms.

    This needs points that depend on one row of the batch each. Another measure (``dragan`` scales its noise by the
    batch's standard deviation) is fed nodes with equal weights, so that statistics of the batch are those of the law;
    this is exact up to degree 9 for uniform laws and 3 for normal ones. If the measure mixes the random numbers of
    several rows, or returns a number of points that is no multiple of the batch's, these get equal weights as well.

    Args:
        measure: a measure built by the registry, or one of your own.
        players: the toy on which it is used.
        psi, theta: ``(p,)`` and ``(q,)``, a state at which the measure is prepared and tried.
        origin: the name of the measure in errors.

    Attributes:
        zero: whether it is the zero measure.
        rowwise: whether each point depends on only one row of the batch.
        depends_on_psi: whether points or weights may depend on the critic.
        random_numbers: how many random numbers a row draws.

    Raises:
        UsageError: the measure cannot be used on this toy; says what to type.
    """

    def __init__(self, measure: PenaltyMeasure, players: Players, psi: Tensor, theta: Tensor, origin: str) -> None:
        self.measure, self.players, self.origin = measure.to(torch.float64), players, origin
        self._rng = torch.Generator()
        self._cached: Nodes | None = None
        try:
            self._prepare(psi, theta)
        except UsageError as error:
            here = f"a sample of this toy is a vector with {players.d} coordinate{'s' * (players.d > 1)}"
            point = ",".join("10"[i % 2] for i in range(players.d))
            raise UsageError(
                f"measure {origin} cannot be used here: {error.message}",
                remedy=f"{here}; a point is given as in -M point={point}",
            ) from error

    def nodes(self, players: Players, psi: Tensor, theta: Tensor) -> Nodes | None:
        """Points ``(S, N, d)`` and weights ``(S, N)``."""
        if self.zero:
            return None
        apart = not self.rowwise or self.measure.needs & {"critic", "generator"}
        if self._constant:
            self._cached = self._cached or self._draw(psi[:1], theta[:1]).at(players, psi[:1])
            return self._cached
        if not apart:
            return self._draw(psi, theta).at(players, psi)
        parts = [self._draw(psi[i : i + 1], theta[i : i + 1]).at(players, psi[i : i + 1]) for i in range(len(psi))]
        return Nodes(torch.cat([part.points for part in parts]), torch.cat([part.weights for part in parts]))

    def _prepare(self, psi: Tensor, theta: Tensor) -> None:
        """Let the measure prepare itself, and find out which random numbers it draws, and whether row by row."""
        rng = torch.Generator().manual_seed(1)
        sizes = self.players.d, self.players.latent.gauss.points.shape[1]
        real, latent = (torch.randn(PROBE, n, generator=rng, dtype=torch.float64) for n in sizes)
        fake = self.players.generate(theta[None], latent)[0] + real.roll(1, 0)
        rows = {"real": real, "fake": fake, "latent": latent}
        self.measure.prepare(self._batch(rows, psi, theta))
        first, laws = self._try(rows, psi, theta)
        self.zero, self.random_numbers, self._laws = first is None, len(laws), laws
        self._constant = False
        self.rowwise = self._numbers_rowwise = True
        self.depends_on_psi = "critic" in self.measure.needs or (first is not None and callable(first.weights))
        if first is None:
            return
        values = torch.rand(PROBE, len(laws), generator=rng, dtype=torch.float64)
        usual, _ = self._try(rows, psi, theta, values)
        self._numbers_rowwise = _same_but_first(usual, self._try(rows, psi, theta, _moved(values))[0])
        moved = {name: _moved(tensor) for name, tensor in rows.items()}
        self.rowwise = self._numbers_rowwise and _same_but_first(usual, self._try(moved, psi, theta, values)[0])
        self._constant = self.measure.needs <= {"real"} and not callable(first.weights)

    def _try(
        self, rows: dict[str, Tensor], psi: Tensor, theta: Tensor, values: Tensor | None = None
    ) -> tuple[PenaltySample | None, list[str]]:
        """Draw once with these random numbers, ``(PROBE, R)``; also returns the laws of the numbers that a row drew."""
        with torch.no_grad(), Numbers(self._rng, PROBE, values) as numbers:
            batch = self._batch(rows, psi, theta)
            sample = self.measure.sample(batch)
        if sample is not None:
            check_sample(sample, batch, self.origin, values=True)
        return sample, numbers.laws

    def _batch(self, rows: dict[str, Tensor], psi: Tensor, theta: Tensor) -> PenaltyBatch:
        """A batch of these rows with what the measure needs.

        Raises:
            UsageError: the measure needs a generator, and the toy's is no map of codes.
        """
        needs = self.measure.needs
        if "generator" in needs and self.players.probabilities is not None:
            raise UsageError("it needs a generator, and this toy's moves mass between fixed points")
        return PenaltyBatch(
            rng=self._rng,
            **{name: tensor for name, tensor in rows.items() if name in needs},
            critic=LinearCritic(self.players, psi) if "critic" in needs else None,
            generator=(lambda z, labels=None: self.players.generate(theta[None], z)[0])
            if "generator" in needs
            else None,
        )

    def _draw(self, psi: Tensor, theta: Tensor) -> "_Drawn":
        """Feed ``sample`` all combinations of nodes, for S states one after the other."""
        grid, states = self._grid, len(theta)
        rows, probabilities = {"real": grid.real.repeat(states, 1)}, grid.probabilities.expand(states, -1)
        if self._generates:
            fake = self.players.fake(theta, equal=not self.rowwise)
            if not self.rowwise and not torch.allclose(fake.weights, fake.weights[:, :1]):
                raise UsageError("it looks at its batch as a whole, and this toy's samples are not equally probable")
            probabilities = probabilities * fake.weights[:, grid.code]
            rows["fake"] = fake.points[:, grid.code].flatten(0, 1)
            rows["latent"] = grid.latent.repeat(states, 1)
        batch = self._batch(rows, psi[0], theta[0])
        with torch.no_grad(), Numbers(self._rng, len(rows["real"]), grid.numbers.repeat(states, 1)):
            sample = self.measure.sample(batch)
        if sample is None:
            raise UsageError("it is the zero measure at some states and not at others")
        check_sample(sample, batch, self.origin, values=True)
        return _Drawn(sample, probabilities, by_row=self._numbers_rowwise)

    @property
    def _generates(self) -> bool:
        return bool(self.measure.needs & {"fake", "latent"})

    @cached_property
    def _grid(self) -> "_Grid":
        """All combinations of the nodes that the measure needs; what it does not need has one node."""
        one = Nodes(torch.zeros(1, self.players.d, dtype=torch.float64), torch.ones(1, dtype=torch.float64))
        real, latent = (law.gauss if self.rowwise else law.equal for law in (self.players.real, self.players.latent))
        real = real if "real" in self.measure.needs else one
        codes = Nodes(latent.points, torch.ones_like(latent.weights)) if self._generates else one
        numbers = nodes_of(self._laws, self.players.resolution, equal=not self._numbers_rowwise)
        (i, j, k), probabilities = product(real, codes, numbers)
        return _Grid(real.points[i], codes.points[j], j, numbers.points[k], probabilities)


class _Grid(NamedTuple):
    """N combinations of nodes: real ``(N, d)``, latent ``(N, l)`` and its index ``(N,)``, random numbers ``(N, R)``.

    The probabilities, ``(N,)``, do not yet include those of the fake samples, which may depend on theta.
    """

    real: Tensor
    latent: Tensor
    code: Tensor
    numbers: Tensor
    probabilities: Tensor


def _moved(tensor: Tensor) -> Tensor:
    """A trial batch with its first row changed."""
    return torch.cat([0.5 * tensor[:1] + 0.25, tensor[1:]])


def _same_but_first(one: PenaltySample | None, other: PenaltySample | None) -> bool:
    """Whether two draws agree in all rows but the first; the points of row i are those with index ``k B + i``."""
    if one is None or other is None or len(one.points) % PROBE or len(one.points) != len(other.points):
        return False
    return all(
        torch.equal(*(tensor.reshape(-1, PROBE, *tensor.shape[1:])[:, 1:] for tensor in pair))
        for pair in ((one.points, other.points), (_trial_weights(one), _trial_weights(other)))
    )


def _trial_weights(sample: PenaltySample) -> Tensor:
    """``(M,)``, the weights; those that depend on the critic are taken at made-up outputs."""
    if callable(sample.weights):
        return sample.weights(sample.points.sum(dim=1))
    return sample.points.new_ones(len(sample.points)) if sample.weights is None else sample.weights


class _Drawn:
    """What ``sample`` returned for S states of N rows each, one state after the other, with K points a row.

    Where points do not belong to rows, S is 1, and all points have the same weight.
    """

    def __init__(self, sample: PenaltySample, probabilities: Tensor, *, by_row: bool) -> None:
        self.sample = sample
        self.states, rows = probabilities.shape
        self.repeated = len(sample.points) // (self.states * rows) if by_row else 1
        total = len(sample.points)
        self.masses = probabilities.repeat(1, self.repeated) if by_row else probabilities.new_ones(1, total)
        self.masses = self.masses / (self.repeated if by_row else total)

    def at(self, players: Players, psi: Tensor) -> Nodes:
        """The nodes for the states' psi, ``(S, p)``."""
        points, weights, masses = self._by_state(self.sample.points), self.sample.weights, self.masses
        if callable(weights):
            outputs = torch.einsum("snp,sp->sn", players.features(points), psi)
            weights = weights(outputs.reshape(len(psi), self.repeated, -1).transpose(0, 1).flatten())
        if weights is not None:
            masses = masses * self._by_state(weights)
        return Nodes(points, masses)

    def _by_state(self, tensor: Tensor) -> Tensor:
        """``(K S N, ...)`` to ``(S, K N, ...)``."""
        return tensor.reshape(self.repeated, self.states, -1, *tensor.shape[1:]).transpose(0, 1).flatten(1, 2)

"""A registered penalty measure as weighted nodes: its own sampler, fed quadrature nodes instead of batches."""

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.penalties.contract import check_sample
from gpreg.theory.toys.law import PenaltyLaw
from gpreg.theory.toys.numbers import Numbers, nodes_of
from gpreg.theory.toys.players import LinearCritic, Players
from gpreg.theory.toys.quadrature import Nodes, product

PROBE = 5
"""Rows of the batches that a measure is tried on."""


class Sampled(PenaltyLaw):
    """The measure that a :class:`PenaltyMeasure` draws from, integrated exactly.

    ``sample`` gets a batch of all combinations of a real node, a fake node and a node of each random number that the
    measure draws. Its points, weighted by the combinations' probabilities, are a product rule for mu: exact wherever
    the integrand is a polynomial, and for laws of atoms always.

    That needs points that depend on one row of the batch each. A measure whose points do not (``dragan`` scales its
    noise by the batch's standard deviation) is fed nodes with equal weights, whose plain means are exact up to degree
    9 for uniform laws and 3 for normal ones.

    Args:
        measure: as built by the registry, or anybody's own.
        players: the toy that it is used on.
        psi, theta: ``(p,)`` and ``(q,)``, a state to prepare and try the measure at.
        origin: what errors call it.

    Attributes:
        zero: whether it is the zero measure.
        rowwise: whether each point depends on one row of the batch alone.
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
            return Nodes(*(tensor.expand(len(psi), *tensor.shape[1:]) for tensor in self._cached))
        if not apart:
            return self._draw(psi, theta).at(players, psi)
        parts = [self._draw(psi[i : i + 1], theta[i : i + 1]).at(players, psi[i : i + 1]) for i in range(len(psi))]
        return Nodes(torch.cat([part.points for part in parts]), torch.cat([part.weights for part in parts]))

    def _prepare(self, psi: Tensor, theta: Tensor) -> None:
        """Let the measure make its anchors, and find out how it draws: what, and whether row by row."""
        rng = torch.Generator().manual_seed(1)
        real, latent = (
            torch.randn(PROBE, n, generator=rng, dtype=torch.float64) for n in (self.players.d, self._codes)
        )
        fake = self.players.generate(theta[None], latent)[0] + real.roll(1, 0)
        rows = {"real": real, "fake": fake, "latent": latent}
        self.measure.prepare(self._batch(rows, psi, theta))
        first, laws = self._try(rows, psi, theta)
        self.zero, self.random_numbers, self._laws = first is None, len(laws), laws
        self._constant = False
        self.rowwise = True
        self.depends_on_psi = "critic" in self.measure.needs or (first is not None and callable(first.weights))
        if first is None:
            return
        self.rowwise = len(first.points) % PROBE == 0
        if self.rowwise:
            changed = {name: torch.cat([tensor[:1] + 0.5, tensor[1:]]) for name, tensor in rows.items()}
            second, _ = self._try(changed, psi, theta)
            assert second is not None
            self.rowwise = len(second.points) == len(first.points) and bool(
                (_others(first.points) == _others(second.points)).all()
                and (_others(self._weights(first)) == _others(self._weights(second))).all()
            )
        self._constant = self.measure.needs <= {"real"} and not callable(first.weights)

    @property
    def _codes(self) -> int:
        return self.players.latent.gauss.points.shape[1]

    def _try(self, rows: dict[str, Tensor], psi: Tensor, theta: Tensor) -> tuple[PenaltySample | None, list[str]]:
        """One draw with pseudo-random numbers, always the same ones."""
        self._rng.manual_seed(0)
        with torch.no_grad(), Numbers(self._rng, PROBE) as numbers:
            sample = self.measure.sample(self._batch(rows, psi, theta))
        return sample, numbers.laws

    @staticmethod
    def _weights(sample: PenaltySample) -> Tensor:
        """``(M,)``, the weights at made-up outputs of the critic, the first row's apart."""
        weights = sample.weights
        if callable(weights):
            outputs = sample.points.sum(dim=1)
            return weights(outputs)
        return sample.points.new_ones(len(sample.points)) if weights is None else weights

    def _batch(self, rows: dict[str, Tensor], psi: Tensor, theta: Tensor) -> PenaltyBatch:
        """A batch with what the measure needs, of these rows.

        Raises:
            UsageError: it needs a generator, and the toy's is no map of codes.
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
        equal, needs, states = not self.rowwise, self.measure.needs, len(theta)
        fake = self.players.fake(theta, equal=equal)
        latent = self.players.latent.equal if equal else self.players.latent.gauss
        one = Nodes(torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, dtype=torch.float64))
        real = (self.players.real.equal if equal else self.players.real.gauss) if "real" in needs else one
        codes = Nodes(latent.points, torch.ones_like(latent.weights)) if needs & {"fake", "latent"} else one
        numbers = nodes_of(self._laws, equal=equal)
        (i, j, k), weights = product(real, codes, numbers)
        weights = weights.expand(states, -1)
        if codes is not one:
            weights = weights * fake.weights[:, j]
        if equal and not torch.allclose(weights, weights[:, :1]):
            raise UsageError("it looks at its batch as a whole, and this toy's samples are not equally probable")
        rows = {
            "real": real.points[i].repeat(states, 1),
            "fake": fake.points[:, j].flatten(0, 1) if codes is not one else None,
            "latent": latent.points[j].repeat(states, 1) if codes is not one else None,
        }
        batch = self._batch({name: tensor for name, tensor in rows.items() if tensor is not None}, psi[0], theta[0])
        total = states * len(i)
        with torch.no_grad(), Numbers(self._rng, total, numbers.points[k].repeat(states, 1)):
            sample = self.measure.sample(batch)
        assert sample is not None
        check_sample(sample, batch, self.origin, values=True)
        return _Drawn(sample, weights, rowwise=self.rowwise)


def _others(tensor: Tensor) -> Tensor:
    """What belongs to all rows of a trial batch but the first: ``(K B, ...) -> (K (B - 1), ...)``."""
    return tensor.reshape(-1, PROBE, *tensor.shape[1:])[:, 1:].flatten(0, 1)


class _Drawn:
    """What ``sample`` returned for S states of N rows each, one state after the other, K points a row.

    Where points do not go with rows, S is 1, and all points have one weight.
    """

    def __init__(self, sample: PenaltySample, probabilities: Tensor, *, rowwise: bool) -> None:
        self.sample = sample
        self.states, rows = probabilities.shape
        self.repeated = len(sample.points) // (self.states * rows) if rowwise else 1
        total = len(sample.points)
        self.masses = probabilities.repeat(1, self.repeated) if rowwise else probabilities.new_ones(1, total)
        self.masses = self.masses / (self.repeated if rowwise else total)

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

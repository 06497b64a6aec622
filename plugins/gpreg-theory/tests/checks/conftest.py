"""Constructions with a known verdict, and the context that checks are given."""

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from torch import nn

from gpreg import load_registry
from gpreg.interfaces import CheckContext, PenaltyBatch, PenaltyMeasure, PenaltySample

N = 256


class Linear(nn.Module):
    """D(x) = <psi, x>."""

    def __init__(self, psi=(0.0, 0.0)):
        super().__init__()
        self.psi = nn.Parameter(torch.tensor(psi))

    def forward(self, x, labels=None):
        return x.flatten(1) @ self.psi


class Flat(nn.Module):
    """A small network whose last layer is zero."""

    def __init__(self, d=2, *, zero=True):
        super().__init__()
        rng = torch.Generator().manual_seed(5)
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(d, 16), nn.Tanh(), nn.Linear(16, 1))
        with torch.no_grad():
            for p in self.layers.parameters():
                p.copy_(torch.randn(p.shape, generator=rng))
            if zero:
                for p in self.layers[-1].parameters():
                    p.zero_()

    def forward(self, x, labels=None):
        return self.layers(x).squeeze(1)


class Shifted(nn.Module):
    """G(z) = z / 2 + theta, of any shape."""

    def __init__(self, shape=(2,)):
        super().__init__()
        self.shape, self.theta = shape, nn.Parameter(torch.full((2,), 0.5))

    def forward(self, z, labels=None):
        x = z.repeat(1, -(-math.prod(self.shape) // 2))[:, : math.prod(self.shape)]
        return (x / 2 + self.theta.mean()).view(-1, *self.shape)


class Weighted(PenaltyMeasure):
    """M(psi) p_d, with psi the first of the critic's parameters."""

    needs: ClassVar = frozenset({"real", "critic"})

    def __init__(self, mass):
        super().__init__()
        self.mass = mass

    def sample(self, batch):
        weights = self.mass(batch.critic.psi[0]).detach().to(batch.real).expand(len(batch.real))
        return PenaltySample(points=batch.real, weights=weights, at="real")


class Moving(PenaltyMeasure):
    """delta_psi."""

    needs: ClassVar = frozenset({"real", "critic"})

    def sample(self, batch):
        return PenaltySample(points=batch.critic.psi.detach().to(batch.real).expand_as(batch.real))


class Noisy(PenaltyMeasure):
    """N(psi, I): every sample moves, and the support does not."""

    needs: ClassVar = frozenset({"real", "critic"})

    def sample(self, batch):
        noise = torch.randn(batch.real.shape, generator=batch.rng, dtype=batch.real.dtype)
        return PenaltySample(points=noise + batch.critic.psi.detach())


class Peeking(PenaltyMeasure):
    """Looks at the critic without saying so."""

    def sample(self, batch):
        return PenaltySample(points=batch.real + 0 * batch.critic(batch.real).detach().unsqueeze(1))


class Stepping(PenaltyMeasure):
    """A step of fixed length from data towards a fake, and none where both are one: no limit at p_g = p_d = delta_0."""

    needs: ClassVar = frozenset({"real", "fake"})

    def sample(self, batch):
        return PenaltySample(points=batch.real + 0.5 * nn.functional.normalize(batch.fake - batch.real, dim=1))


class Half(PenaltyMeasure):
    """p_d restricted to half of its modes."""

    def sample(self, batch):
        half = batch.real.flatten(1)[:, 0] > 0.1
        return PenaltySample(points=batch.real[half])


def ring(n, rng, std=0.02):
    angles = torch.randint(8, (n,), generator=rng) * math.pi / 4
    return 2 * torch.stack([angles.cos(), angles.sin()], 1) + std * torch.randn(n, 2, generator=rng)


def origin(n, rng):
    return torch.zeros(n, 2)


@dataclass(frozen=True, kw_only=True)
class Game:
    """Where a measure is checked."""

    data: object = ring
    critic: nn.Module = field(default_factory=Linear)
    generator: nn.Module = field(default_factory=Shifted)
    point: str = "equilibrium"
    n: int = N
    simple: bool = True
    form: str = "squared"
    claims: tuple = ()

    def batch(self, seed):
        rng = torch.Generator().manual_seed(seed)
        real, other, latent = self.data(self.n, rng), self.data(self.n, rng), torch.randn(self.n, 2, generator=rng)
        fake = {"construction": other, "equilibrium": other}.get(self.point, self.generator(latent).detach())
        parts = {"real": real, "fake": fake, "latent": latent, "critic": self.critic, "generator": self.generator}
        return PenaltyBatch(rng=torch.Generator().manual_seed(0), **parts)

    def context(self, measure, seed=0):
        registry = load_registry()
        batch = self.batch(2 * seed)
        measure = registry.build("measure", measure) if isinstance(measure, str) else measure
        measure.prepare(batch)
        return CheckContext(
            measure=measure,
            form=registry.build("form", self.form),
            loss=registry.build("loss", "wasserstein"),
            batch=batch,
            second_batch=self.batch(2 * seed + 1),
            simple=self.simple,
            claims={claim.assumption: claim for claim in self.claims},
            point=self.point,
        )


@pytest.fixture(scope="session")
def constructions():
    return SimpleNamespace(
        Flat=Flat,
        Game=Game,
        Half=Half,
        Linear=Linear,
        Moving=Moving,
        Noisy=Noisy,
        Peeking=Peeking,
        Shifted=Shifted,
        Stepping=Stepping,
        Weighted=Weighted,
        origin=origin,
        ring=ring,
    )


@pytest.fixture(scope="session")
def verdicts():
    """The decided verdicts, or undecided, of a check on one assumption, at 20 seeds."""

    def count(check, assumption, measure, game, seeds=20):
        found = []
        for seed in range(seeds):
            findings = [f for f in check(game.context(measure, seed)) if f.assumption == assumption]
            decided = {f.verdict for f in findings} - {"undecided"}
            assert len(decided) < 2, findings
            found.append(decided.pop() if decided else "undecided")
        return {verdict: found.count(verdict) for verdict in ("holds", "violated", "undecided")}

    return count


@pytest.fixture(scope="session")
def played():
    """A context of two players in float64, on data and codes that are drawn anew for each batch and seed."""

    def play(critic, generator, *, real, latent, seed=0, measure="pd", point="equilibrium", n=N, rho=1.0, **settings):
        registry = load_registry()
        critic, generator = critic.double(), generator.double()

        def batch(own):
            rng = torch.Generator().manual_seed(own)
            z = latent(n, rng).double()
            parts = {"real": real(n, rng).double(), "latent": z, "critic": critic, "generator": generator}
            with torch.no_grad():
                fake = real(n, rng).double() if point == "construction" else generator(z)
            return PenaltyBatch(rng=torch.Generator().manual_seed(0), fake=fake, **parts)

        one, two = batch(2 * seed), batch(2 * seed + 1)
        own = registry.build("measure", measure) if isinstance(measure, str) else measure
        own.prepare(one)
        parts = {"form": registry.build("form", "squared"), "loss": registry.build("loss", "wasserstein")} | settings
        return CheckContext(measure=own, batch=one, second_batch=two, point=point, rho=rho, **parts)

    return play

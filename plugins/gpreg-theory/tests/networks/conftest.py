from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.func import functional_call, jacrev

import gpreg
from gpreg.interfaces import PenaltySample
from gpreg_theory.networks.point import GamePoint


def _mlp(*widths: int, activation=nn.Tanh, seed: int = 0) -> nn.Sequential:
    """In float64, its weights from a state of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [nn.Linear(a, b, dtype=torch.float64) for a, b in pairwise(widths)]
    hidden = [module for layer in layers[:-1] for module in (layer, activation())]
    return nn.Sequential(*hidden, layers[-1])


def _draw(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _loss(name: str):
    return gpreg.load_registry().build("loss", name)


@pytest.fixture(scope="session")
def mlp():
    return _mlp


@pytest.fixture(scope="session")
def draw():
    return _draw


@pytest.fixture(scope="session")
def loss_of():
    return _loss


@pytest.fixture(scope="session")
def point_of():
    """Makes a game point of small networks; whatever is given replaces the default."""

    def make(**given) -> GamePoint:
        defaults = {
            "critic": _mlp(2, 6, 4, 1),
            "generator": _mlp(3, 5, 2, seed=1),
            "real": _draw(6, 2, seed=2),
            "latent": _draw(6, 3, seed=3),
            "sample": PenaltySample(points=_draw(5, 2, seed=4)),
            "loss": _loss("wasserstein"),
            "rho": 2.0,
            "chunk": 4,
        }
        return GamePoint.of(**defaults | given)

    return make


def _flat(network):
    return torch.cat([parameter.detach().reshape(-1) for parameter in network.parameters()])


def _call(network, vector, *inputs):
    """The network with its parameters taken from one vector."""
    named, start = {}, 0
    for name, parameter in network.named_parameters():
        named[name] = vector[start : start + parameter.numel()].view_as(parameter)
        start += parameter.numel()
    return functional_call(network, named, inputs)


def _mixed_derivatives(critic, points):
    """(N, d, p), by two nested Jacobians, one point at a time."""

    def one(x):
        return jacrev(lambda psi: jacrev(lambda x: _call(critic, psi, x[None]).squeeze())(x))(_flat(critic))

    return torch.stack([one(x) for x in points])


@pytest.fixture(scope="session")
def large(mlp, draw, point_of):
    """A critic of about 2,000 parameters, its point, and Q, R, K by plain Jacobians."""
    critic, generator = mlp(2, 41, 41, 1), mlp(3, 9, 2, seed=1)
    points, weights = draw(5, 2, seed=4), torch.tensor([0.5, 0.0, 2.0, 1.0, 3.0], dtype=torch.float64)
    point = point_of(critic=critic, generator=generator, sample=PenaltySample(points=points, weights=weights))
    B = _mixed_derivatives(critic, points)
    Q = torch.tensordot(weights[:, None, None] * B, B, dims=([0, 1], [0, 1])) / len(B)
    fake = generator(point.latent).detach()
    dG = jacrev(lambda theta: _call(generator, theta, point.latent))(_flat(generator))
    R = torch.tensordot(_mixed_derivatives(critic, fake), dG, dims=([0, 1], [0, 1])) / len(fake)
    dD = jacrev(lambda psi: _call(critic, psi, point.real).squeeze(1))(_flat(critic))
    return point, Q, R, dD.T @ dD / len(dD)


ATOMS = 6
"""Of the planted game."""


class _Bumps(nn.Module):
    """A local feature about each integer, and a linear last layer; at zero, an equilibrium."""

    def __init__(self):
        super().__init__()
        self.register_buffer("centres", torch.arange(ATOMS, dtype=torch.float64))
        self.last = nn.Linear(ATOMS, 1, bias=False, dtype=torch.float64)
        nn.init.zeros_(self.last.weight)

    def forward(self, x):
        return self.last(torch.exp(-(x - self.centres).square() / (2 * 0.05**2)))


@pytest.fixture
def planted(point_of):
    """A generator that moves an atom with each of its parameters; the penalty is at the first few atoms only."""

    def make(penalised, offsets, spread=0.0, copies=12, **given):
        atoms = torch.arange(ATOMS, dtype=torch.float64) + offsets
        generator = nn.Linear(ATOMS, 1, bias=False, dtype=torch.float64)
        with torch.no_grad():
            generator.weight.copy_(atoms)
        real = atoms[:, None].repeat(copies, 1)
        shift = spread * torch.linspace(-1, 1, copies, dtype=torch.float64).repeat_interleave(penalised)
        points = atoms[:penalised, None].repeat(copies, 1) + shift[:, None]
        latent = torch.eye(ATOMS, dtype=torch.float64).repeat(copies, 1)
        sample = PenaltySample(points=points)
        return point_of(
            critic=_Bumps(), generator=generator, real=real, latent=latent, sample=sample, chunk=128, **given
        )

    return make


class _Stretched(nn.Module):
    """``G(z) = s W z``, so that the singular values of R for D(x) = <a, x> are proportional to s."""

    def __init__(self, stretch):
        super().__init__()
        self.register_buffer("stretch", stretch)
        self.linear = nn.Linear(2, len(stretch), bias=False, dtype=torch.float64)

    def forward(self, z):
        return self.stretch * self.linear(z)


@pytest.fixture
def stretched(point_of, draw):
    def make(stretch):
        n = len(stretch)
        return point_of(
            critic=nn.Linear(n, 1, bias=False, dtype=torch.float64),
            generator=_Stretched(stretch),
            real=draw(6, n, seed=2),
            latent=draw(6, 2, seed=3),
            sample=PenaltySample(points=draw(5, n, seed=4)),
        )

    return make


@pytest.fixture
def crowded(stretched):
    """Forty singular values, close to each other."""
    return stretched(torch.linspace(1, 1.001, 40, dtype=torch.float64))

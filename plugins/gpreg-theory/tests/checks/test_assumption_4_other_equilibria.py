import pytest
import torch
from torch import nn

from gpreg_theory.checks.assumption_4_other_equilibria import check
from gpreg_theory.checks.evidence.neighbourhood import energy_test


class Square(nn.Module):
    """D(x) = psi x^2, with an output bias if asked for."""

    def __init__(self, *, bias=False):
        super().__init__()
        self.psi = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(1)) if bias else 0.0

    def forward(self, x):
        return self.psi * x[:, 0] ** 2 + self.bias


class Linear(nn.Module):
    """D(x) = psi x."""

    def __init__(self):
        super().__init__()
        self.psi = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x @ self.psi


class Scaled(nn.Module):
    """G(z) = theta z."""

    def __init__(self, theta=1.0):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([theta]))

    def forward(self, z):
        return self.theta * z


class Affine(nn.Module):
    """G(z) = theta_1 + theta_2 z."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([0.0, 1.0]))

    def forward(self, z):
        return self.theta[0] + self.theta[1] * z


class Point(Scaled):
    """G(z) = theta."""

    def forward(self, z):
        return self.theta.expand(len(z), 1)


def uniform(n, rng):
    return 2 * torch.rand(n, 1, generator=rng) - 1


def origin(n, rng):
    return torch.zeros(n, 1)


def balanced(n, rng):
    """As many samples at -1 as at 1, in random order."""
    return (2.0 * (torch.randperm(n, generator=rng) % 2) - 1).unsqueeze(1)


def finding(context):
    (found,) = check(context)
    assert found.assumption == "4"
    return found


def test_lemma_2_has_an_isolated_equilibrium(played):
    found = [finding(played(Square(), Scaled(), real=uniform, latent=uniform, seed=seed, n=1024)) for seed in range(20)]
    assert {own.verdict for own in found} == {"holds"}
    assert all(own.statistics["constants"] == 0 for own in found)
    assert all(own.statistics["smallest"] == pytest.approx(0.28, abs=0.1) for own in found)


def test_a_bias_is_isolated_modulo_constants(played):
    found = finding(played(Square(bias=True), Scaled(), real=uniform, latent=uniform, n=1024))
    assert found.verdict == "holds"
    assert found.statistics["constants"] == 1
    assert "modulo constants" in found.evidence


def test_lemma_3_has_equilibria_with_a_curved_critic(played):
    found = [
        finding(played(Square(), Point(0.0), real=origin, latent=origin, seed=seed, measure="gp", n=64))
        for seed in range(20)
    ]
    decided = [own.verdict for own in found if own.verdict != "undecided"]
    assert set(decided) == {"violated"}
    assert len(decided) >= 18
    assert "not constant" in found[0].evidence


def test_a_critic_that_sees_means_alone_has_equilibria_of_another_law(played):
    found = finding(played(Linear(), Affine(), real=balanced, latent=balanced))
    assert found.verdict == "violated"
    assert "law is not the data's" in found.evidence


@pytest.mark.parametrize("point", ["construction", "training"])
def test_elsewhere_the_equilibrium_is_not_known(played, point):
    found = finding(played(Square(), Scaled(), real=uniform, latent=uniform, point=point))
    assert found.verdict == "undecided"


def test_large_players_are_undecided(played):
    critic = nn.Sequential(nn.Linear(1, 100), nn.Tanh(), nn.Linear(100, 1))
    found = finding(played(critic, Scaled(), real=uniform, latent=uniform, n=1024))
    assert found.verdict == "undecided"
    assert "302 parameters" in found.evidence


def test_a_generator_without_codes_is_undecided(played):
    context = played(Square(), Scaled(), real=uniform, latent=uniform)
    for batch in (context.batch, context.second_batch):
        object.__setattr__(batch, "latent", None)
    assert finding(context).verdict == "undecided"


def test_the_energy_test_tells_laws_apart():
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(100, 2, generator=rng, dtype=torch.float64) for _ in range(2))
    assert energy_test(x, y) > 0.05
    assert energy_test(x, y + 1) == pytest.approx(1 / 200)

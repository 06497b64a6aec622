import pytest
import torch
from torch import nn

from gpreg_theory.checks.assumption_h0_reparametrisation import check


class Sine(nn.Module):
    """D(x) = psi sin(pi x / 2)."""

    def __init__(self):
        super().__init__()
        self.psi = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.psi * torch.sin(torch.pi * x[:, 0] / 2)


class Step(nn.Module):
    """Mass 1/2 + theta at 1 and 1/2 - theta at -1, for uniform codes."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(1))

    def forward(self, z):
        return torch.where(z < 2 * self.theta, 1.0, -1.0).to(z)


class Affine(nn.Module):
    """G(z) = theta_1 + theta_2 z."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([0.1, 1.0]))

    def forward(self, z):
        return self.theta[0] + self.theta[1] * z


class Branching(Affine):
    """Smooth in theta, by an operation that is not known to be."""

    def forward(self, z):
        return self.theta[0] + torch.where(z > 0, 2 * z, z) * self.theta[1]


def atoms(n, rng):
    return 2.0 * torch.randint(2, (n, 1), generator=rng) - 1


def uniform(n, rng):
    return 2 * torch.rand(n, 1, generator=rng) - 1


def codes(n, rng):
    return torch.randn(n, 2, generator=rng)


def finding(context):
    (found,) = check(context)
    assert found.assumption == "H0"
    return found


@pytest.mark.parametrize("seed", range(20))
def test_an_affine_generator_is_differentiable_by_structure(played, seed):
    found = finding(played(Sine(), Affine(), real=atoms, latent=uniform, seed=seed))
    assert (found.verdict, found.basis) == ("holds", "proved")


def test_mass_that_jumps_is_never_missed_for_long(played):
    found = [finding(played(Sine(), Step(), real=atoms, latent=uniform, seed=seed, n=512)) for seed in range(20)]
    decided = [own.verdict for own in found if own.verdict != "undecided"]
    assert set(decided) == {"violated"}
    assert len(decided) >= 18
    assert "mass jumps" in next(own for own in found if own.verdict == "violated").evidence


@pytest.mark.parametrize("seed", range(20))
def test_unknown_operations_are_measured(played, seed):
    found = finding(played(Sine(), Branching(), real=atoms, latent=uniform, seed=seed))
    assert (found.verdict, found.basis) == ("holds", "measured")
    assert "where" in found.evidence


def test_kinks_are_named_and_do_no_harm(played):
    generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    found = finding(played(Sine(), generator, real=atoms, latent=codes))
    assert (found.verdict, found.basis) == ("holds", "proved")
    assert "relu in 1" in found.evidence


def test_batch_normalisation_is_undecided_in_training_and_affine_in_evaluation(played):
    generator = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
    context = played(Sine(), generator, real=atoms, latent=codes)
    assert "normalises over its batch" in finding(context).evidence
    generator.eval()
    assert finding(context).verdict == "holds"


def test_a_rounded_quotient_is_not_known_to_be_continuous(played):
    class Rounded(Affine):
        def forward(self, z):
            return torch.div(super().forward(z), 0.5, rounding_mode="floor") + self.theta[0]

    assert "div_rounded" in finding(played(Sine(), Rounded(), real=atoms, latent=uniform)).evidence


@pytest.mark.parametrize("missing", ["generator", "latent"])
def test_what_is_not_known_is_undecided(played, missing):
    context = played(Sine(), Affine(), real=atoms, latent=uniform)
    object.__setattr__(context.batch, missing, None)
    assert finding(context).verdict == "undecided"

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from gpreg_theory.checks.assumption_2_zero_sets import check


class Linear(nn.Module):
    """D(x) = <psi, x>."""

    def __init__(self):
        super().__init__()
        self.psi = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x @ self.psi


class Square(Linear):
    """D(x) = psi x^2, Lemma 3's."""

    def forward(self, x):
        return self.psi * x[:, 0] ** 2


class Point(nn.Module):
    """G(z) = theta."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(1))

    def forward(self, z):
        return self.theta.expand(len(z), 1)


class Affine(nn.Module):
    """G(z) = theta_1 + theta_2 z."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([0.0, 1.0]))

    def forward(self, z):
        return self.theta[0] + self.theta[1] * z


def net(seed, width=4, activation=nn.Tanh):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        critic = nn.Sequential(nn.Linear(1, width), activation(), nn.Linear(width, 1))
    for p in critic[-1].parameters():
        nn.init.zeros_(p)
    return critic


def origin(n, rng):
    return torch.zeros(n, 1)


def atoms(n, rng):
    return 2.0 * torch.randint(2, (n, 1), generator=rng) - 1


def finding(context):
    (found,) = check(context)
    assert found.assumption == "2"
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_dirac_gan_is_regular(played, seed):
    found = finding(played(Linear(), Point(), real=origin, latent=origin, seed=seed))
    assert found.verdict == "holds"
    assert found.statistics["literal"] == found.statistics["morse_bott"] == "holds"


@pytest.mark.parametrize("seed", range(20))
def test_lemma_3_has_a_mismatch_of_fourth_order(played, seed):
    found = finding(played(Square(), Point(), real=origin, latent=origin, seed=seed, measure="gp"))
    assert found.verdict == "violated"
    assert found.statistics["g"][0]["slope"] == pytest.approx(4, abs=1e-6)
    assert found.statistics["h"][0]["literal"] == "holds"


def test_a_tanh_net_on_two_atoms_is_morse_bott_but_not_literally_constant(played):
    found = [finding(played(net(seed), Affine(), real=atoms, latent=atoms, seed=seed)) for seed in range(20)]
    decided = [own for own in found if own.verdict != "undecided"]
    assert {own.verdict for own in decided} == {"holds"}
    assert len(decided) >= 18
    for own in decided:
        assert own.statistics["literal"] == "fails"
        assert all(half["slope"] == pytest.approx(4, abs=0.5) for half in own.statistics["h"])
        assert all(half["bend"] < 100 for half in own.statistics["h"])


def test_a_kinked_critic_is_undecided_and_its_layer_named(played):
    found = finding(played(net(0, activation=nn.ReLU), Affine(), real=atoms, latent=atoms))
    assert found.verdict == "undecided"
    assert "relu in 1" in found.evidence
    assert "softplus" in found.remedy


def test_too_many_parameters_are_undecided(played):
    found = finding(played(net(0, width=1200), Affine(), real=atoms, latent=atoms))
    assert found.verdict == "undecided"
    assert "3601" in found.evidence


def test_a_sloping_critic_is_no_zero_of_the_penalty(played):
    critic = Linear()
    nn.init.ones_(critic.psi)
    assert "assumption 6c" in finding(played(critic, Affine(), real=atoms, latent=atoms)).evidence


@pytest.mark.parametrize(("width", "literal"), [(2, "holds"), (4, "fails")])
def test_before_training_only_the_penalty_is_looked_into(played, width, literal):
    found = finding(played(net(0, width), Affine(), real=atoms, latent=atoms, point="construction"))
    assert found.verdict == "undecided"
    assert "needs the trained generator" in found.evidence
    assert found.statistics["last_layer"]["literal"] == "holds"
    assert found.statistics["h"]["literal"] == literal
    assert found.statistics["h"]["morse_bott"] == "holds"


def test_before_training_a_relu_net_is_told_of_its_last_layer(played):
    found = finding(played(net(0, 16, nn.ReLU), Affine(), real=atoms, latent=atoms, point="construction"))
    assert found.statistics["last_layer"]["literal"] == "holds"
    assert "relu in 1" in found.evidence


@pytest.mark.parametrize("point", ["construction", "equilibrium", "training"])
def test_spectral_normalisation_is_undecided(played, point):
    critic = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), parametrizations.spectral_norm(nn.Linear(4, 1)))
    assert finding(played(critic, Affine(), real=atoms, latent=atoms, point=point)).verdict == "undecided"

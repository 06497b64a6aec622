import pytest
import torch
from torch import nn

from gpreg_theory.checks.assumption_5c_6c_stray_mass import check
from gpreg_theory.checks.runner import run_checks


class Two(nn.Module):
    """Near -1 or 1, and at theta away from 0 something else as well: ``how(x, u, theta)`` with u ~ U(0, 1)."""

    def __init__(self, how):
        super().__init__()
        self.theta, self.how = nn.Parameter(torch.zeros(())), how

    def forward(self, z, labels=None):
        return self.how(z[:, :1], z[:, 1:], self.theta)


class Sloped(nn.Module):
    """0 on the data; beyond 3, steep or not."""

    def __init__(self, steep):
        super().__init__()
        self.psi, self.steep = nn.Parameter(torch.zeros(1)), steep

    def forward(self, x, labels=None):
        x = x.flatten(1).sum(1)
        return x * self.psi + self.steep * (x - 3).relu()


def behind(x, u, theta):
    return torch.where(u < theta.abs(), torch.full_like(x, 5.0), x)


CONTINUOUS = {
    "all mass moves": lambda x, u, theta: x + 3 * theta,
    "at once": lambda x, u, theta: x + 3 * torch.tanh(1000 * theta * x),
    "a filament": lambda x, u, theta: x + 5 * (theta.abs() - u).relu(),
    "ever wider": lambda x, u, theta: x * (1 + theta),
    "heavy tails": lambda x, u, theta: x + theta * torch.tan(3.14 * (u - 0.5)),
    "mass changes places": lambda x, u, theta: torch.where(u < theta.abs(), -x, x),
}


def codes(n, rng):
    sides = 2.0 * torch.randint(2, (n, 1), generator=rng) - 1
    return torch.cat([sides * (0.8 + 0.2 * torch.rand(n, 1, generator=rng)), torch.rand(n, 1, generator=rng)], 1)


def at_equilibrium(played, how, measure, *, seed=0, steep=1.0):
    players = Sloped(steep), Two(how)
    return played(*players, real=lambda n, rng: codes(n, rng)[:, :1], latent=codes, measure=measure, seed=seed, n=1024)


def found(context):
    return {finding.assumption: finding.verdict for finding in check(context)}


@pytest.mark.parametrize("measure", ["pg", "pd+pg"])
def test_mass_that_is_left_behind_violates_5c_and_where_the_critic_is_steep_6c(played, measure):
    for seed in range(5):
        context = at_equilibrium(played, behind, measure, seed=seed)
        assert found(context) == {"5c": "violated", "6c": "violated"}
        flat = at_equilibrium(played, behind, measure, seed=seed, steep=0.0)
        assert found(flat) == {"5c": "violated"}


@pytest.mark.parametrize("measure", ["pg", "mid"])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_generator_that_comes_nearer_leaves_none(played, measure, name):
    for seed in range(3):
        assert found(at_equilibrium(played, CONTINUOUS[name], measure, seed=seed)) == {}


def test_a_measure_that_stays_with_the_data_does_not_ask(played):
    assert found(at_equilibrium(played, behind, "pd")) == {}


def test_the_report_says_so(played):
    report = run_checks(at_equilibrium(played, behind, "pg"))
    assert report.notes == ()
    assert {name: report.decisive(name).verdict for name in ("5c", "6c")} == {"5c": "violated", "6c": "violated"}
    assert "leaves mass behind" in report.decisive("5c").evidence
    assert report.decisive("6c").remedy

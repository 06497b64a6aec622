import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from gpreg import load_registry
from gpreg.interfaces import PenaltyMeasure, PenaltySample
from gpreg_theory.checks.assumption_6b_damped_directions import check
from gpreg_theory.checks.evidence.shares import shares


class Affine(nn.Module):
    """G(z) = theta + z."""

    def __init__(self, d=2):
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(d))

    def forward(self, z):
        return self.theta + z


class Point(Affine):
    """G(z) = theta."""

    def forward(self, z):
        return self.theta.expand(len(z), -1)


class Mixed(nn.Module):
    """R = diag(1, 2) at the origin, Q = (1, 1)^T (1, 1) at (1, 0)."""

    def __init__(self):
        super().__init__()
        self.psi = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        one, two = x.unbind(1)
        return self.psi[0] * one + self.psi[1] * (2 * two * (1 - one) + one**2 / 2)


class Apart(nn.Module):
    """One feature of slope 1 at each of two atoms on a line, blind at the other."""

    def __init__(self):
        super().__init__()
        self.psi = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        x = x[:, 0]
        return self.psi[0] * (x / 4 - x**3 / 12 + _odd(x)) + self.psi[1] * (x / 4 - x**3 / 12 - _odd(x))


def _odd(x):
    """Slope 1 at 1 and -1 at -1, and none of the cubic's."""
    return x**2 / 2


class Only(PenaltyMeasure):
    """The data on one side."""

    def sample(self, batch):
        return PenaltySample(points=batch.real[batch.real[:, 0] > 0.1])


class At(PenaltyMeasure):
    """A point mass."""

    def __init__(self, *point):
        super().__init__()
        self.point = point

    def sample(self, batch):
        return PenaltySample(points=batch.real.new_tensor(self.point).expand_as(batch.real))


class Nothing(PenaltyMeasure):
    def sample(self, batch):
        return None


class Boasting(PenaltyMeasure):
    """Says that its points are the data, which they are not."""

    def sample(self, batch):
        return PenaltySample(points=torch.zeros_like(batch.real), at="real")


def net(seed, activation=nn.Tanh, width=16):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        critic = nn.Sequential(nn.Linear(2, width), activation(), nn.Linear(width, width), activation())
        critic.append(nn.Linear(width, 1))
    for p in critic[-1].parameters():
        nn.init.zeros_(p)
    return critic


def ring(n, rng):
    angles = torch.randint(8, (n,), generator=rng) * torch.pi / 4
    return 2 * torch.stack([angles.cos(), angles.sin()], 1) + 0.02 * torch.randn(n, 2, generator=rng)


def origin(n, rng):
    return torch.zeros(n, 2)


def findings(context):
    found = list(check(context))
    assert all(own.assumption == "6b" for own in found)
    return found


def before(played, measure, seed=0, critic=None, **settings):
    critic = net(seed) if critic is None else critic
    context = played(
        critic, Affine(), real=ring, latent=ring, seed=seed, measure=measure, point="construction", **settings
    )
    (found,) = findings(context)
    return found


@pytest.mark.parametrize(("measure", "seed"), [*(("pd", seed) for seed in range(20)), ("pg", 0), ("pd+pg", 0)])
def test_a_measure_that_draws_data_covers_it_by_proof(played, measure, seed):
    found = before(played, measure, seed)
    assert (found.verdict, found.basis) == ("holds", "proved")


@pytest.mark.parametrize(("measure", "seeds"), [("mid", 20), ("gp", 3)])
def test_interpolates_cover_the_ring(played, measure, seeds):
    found = [before(played, measure, seed) for seed in range(seeds)]
    assert {own.verdict for own in found} <= {"holds", "undecided"}
    assert sum(own.verdict == "undecided" for own in found) <= 2


def test_half_of_the_modes_leaves_directions_unseen(played):
    found = [before(played, Only(), seed) for seed in range(20)]
    assert {own.verdict for own in found} <= {"violated", "undecided"}
    assert sum(own.verdict == "undecided" for own in found) <= 2
    assert all(share["constant"] < 1e-2 for share in found[0].statistics["shares"])


def test_the_zero_measure_damps_nothing(played):
    found = before(played, Nothing())
    assert (found.verdict, found.basis) == ("violated", "proved")
    assert "+- i sigma" in found.evidence


@pytest.mark.parametrize(
    ("loss", "word"), [("wasserstein", "undamped"), ("minimax", "-0.25"), ("relativistic", "loss")]
)
@pytest.mark.parametrize(("measure", "rho"), [("mid", 0.0), (Nothing(), 1.0)])
def test_without_a_penalty_only_the_loss_may_damp(played, loss, word, measure, rho):
    finding = before(played, measure, rho=rho, loss=load_registry().build("loss", loss))
    assert (finding.verdict, finding.basis) == ("violated", "proved")
    assert word in finding.evidence
    assert ("rho = 0" in finding.evidence) is (rho == 0)


def test_of_layers_too_wide_to_be_treated_whole_nothing_is_concluded(played):
    finding = before(played, "mid", critic=net(0, width=1100), n=64)
    assert finding.verdict == "undecided"
    assert "too many to look into" in finding.evidence


def test_a_few_points_are_too_few(played):
    finding = before(played, "mid", n=15)
    assert finding.verdict == "undecided"
    assert "15 points" in finding.evidence


def test_a_false_declaration_of_points_is_not_believed(played):
    assert before(played, Boasting()).verdict == "violated"


def test_stability_without_6b_is_told_apart(played):
    found = [
        findings(played(Mixed(), Point(), real=origin, latent=origin, seed=seed, measure=At(1.0, 0.0), n=64))[0]
        for seed in range(20)
    ]
    assert {own.verdict for own in found} == {"violated"}
    assert "6b violated, J stable" in found[0].evidence
    assert found[0].statistics["theorem_a"]["abscissa"] == pytest.approx(-0.2459, abs=1e-4)


def test_an_undamped_mode_is_named(played):
    found = findings(played(Mixed(), Point(), real=origin, latent=origin, measure=At(0.0, 1e-9), n=64))
    assert found[0].verdict == "holds"
    blind = findings(played(Blind(), Point(), real=origin, latent=origin, measure=At(1.0, 0.0), n=64))
    assert blind[0].verdict == "violated"
    assert "+-1 i" in blind[0].evidence
    assert not blind[0].statistics["theorem_a"]["stable"]


class Blind(Mixed):
    """Slopes 1 and 1 at the origin, of which (1, 0) sees the second alone."""

    def forward(self, x):
        one, two = x.unbind(1)
        return self.psi[0] * (one - one**2 / 2) + self.psi[1] * two


def test_in_training_only_proofs_count(played):
    training = {"real": ring, "latent": ring, "point": "training"}
    assert findings(played(net(0), Affine(), measure="mid", **training))[0].verdict == "undecided"
    assert findings(played(net(0), Affine(), measure="pd", **training))[0].verdict == "holds"


def test_another_form_is_left_to_what_is_declared(played):
    context = played(net(0), Affine(), real=ring, latent=ring, measure="mid", point="construction", simple=False)
    assert findings(context) == []


def test_a_normalised_last_layer_is_undecided(played):
    critic = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), parametrizations.spectral_norm(nn.Linear(4, 1)))
    assert before(played, "mid", critic=critic).verdict == "undecided"


def test_relu_features_and_float32_do(played):
    found = before(played, "mid", critic=net(3, nn.ReLU))
    assert found.verdict in ("holds", "undecided")


def test_shares_of_known_matrices():
    rng = np.random.default_rng(0)
    data = np.stack([np.diag([1.0, 0.5]) for _ in range(16)])
    mu = np.stack([np.diag([2.0, 0.1 + 0.01 * rng.standard_normal()]) for _ in range(16)])
    for share in shares((mu, data), (mu, data)):
        assert share.rank == 2
        assert share.constant == pytest.approx(0.2, abs=0.02)
        assert share.lower < share.constant < share.upper < 0.22

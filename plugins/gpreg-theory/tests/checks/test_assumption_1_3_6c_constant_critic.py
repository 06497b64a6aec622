import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from gpreg_theory.checks import declared
from gpreg_theory.checks.assumption_1_3_6c_constant_critic import check
from gpreg_theory.checks.evidence.constant import constant_by_structure
from gpreg_theory.checks.evidence.tube import flatness, tube


class Linear(nn.Module):
    """D(x) = psi x_1."""

    def __init__(self, psi):
        super().__init__()
        self.psi = nn.Parameter(torch.tensor(float(psi)))

    def forward(self, x):
        return self.psi * x[:, 0]


class Square(Linear):
    """D(x) = psi |x|^2, Lemma 3's."""

    def forward(self, x):
        return self.psi * x.square().sum(1)


class Bump(nn.Module):
    """Flat but for a bump in the middle between the atoms at -1 and 1."""

    def __init__(self, height):
        super().__init__()
        self.height = nn.Parameter(torch.tensor(float(height)))

    def forward(self, x):
        return self.height * torch.exp(-8 * (x - torch.tensor([0.1])).square().sum(1))


class Point(nn.Module):
    """G(z) = theta."""

    def __init__(self, d=1):
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(d))

    def forward(self, z):
        return self.theta.expand(len(z), -1)


class Scaled(nn.Module):
    """G(z) = theta z."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.ones(1))

    def forward(self, z):
        return self.theta * z


def net(seed, *layers, zero=True):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        critic = nn.Sequential(nn.Linear(2, 12), nn.ReLU(), *layers, nn.Linear(12, 1))
    if zero:
        nn.init.zeros_(critic[-1].weight)
    return critic


def origin(n, rng):
    return torch.zeros(n, 1)


def atoms(n, rng):
    return 2.0 * torch.randint(2, (n, 1), generator=rng) - 1


def plane(n, rng):
    return torch.randn(n, 2, generator=rng)


def verdicts(context):
    return {finding.assumption: (finding.verdict, finding.basis) for finding in check(context)}


@pytest.mark.parametrize("seed", range(20))
def test_a_zero_last_layer_is_flat_by_structure(played, seed):
    context = played(net(seed), Point(2), real=plane, latent=plane, seed=seed, point="construction")
    assert set(verdicts(context).values()) == {("holds", "proved")}
    (first, *_) = check(context)
    assert first.statistics["realizability"] == "assumed"
    assert "the critic's last layer '2' is zero" in first.evidence


@pytest.mark.parametrize("seed", range(20))
def test_a_curved_critic_at_rest_violates_1(played, seed):
    context = played(Square(0.7), Point(), real=origin, latent=origin, seed=seed, n=64, reference=Square(1.0).double())
    assert verdicts(context)["1"] == ("violated", "measured")
    assert verdicts(context)["3"][0] != "holds"


@pytest.mark.parametrize("seed", range(20))
def test_a_sloping_critic_violates_3(played, seed):
    context = played(Linear(0.5), Point(), real=origin, latent=origin, seed=seed, n=64, reference=Linear(1.0).double())
    found = verdicts(context)
    assert found["3"] == ("violated", "measured")
    assert found["1"][0] == "undecided"  # not at rest: theta moves


@pytest.mark.parametrize("seed", range(20))
def test_a_bump_between_the_data_violates_6c_under_midpoints(played, seed):
    critic, reference = Bump(1.0), Linear(1.0).double()
    context = played(critic, Scaled(), real=atoms, latent=atoms, seed=seed, n=64, measure="mid", reference=reference)
    assert verdicts(context)["6c"] == ("violated", "measured")
    where = next(f for f in check(context) if f.assumption == "6c").statistics["steepest"][0]
    assert where == pytest.approx([0.0], abs=1e-3)


def test_a_flat_enough_critic_satisfies_1_but_proves_nothing_of_3_and_6c(played):
    context = played(Linear(1e-4), Scaled(), real=atoms, latent=atoms, reference=Linear(1.0).double())
    found = verdicts(context)
    assert found["1"] == ("holds", "measured")
    assert found["3"][0] == found["6c"][0] == "undecided"


def test_in_training_nothing_is_decided(played):
    context = played(Square(0.7), Point(), real=origin, latent=origin, point="training", reference=Square(1.0).double())
    found = verdicts(context)
    assert found["3"][0] == found["6c"][0] == "undecided"


def test_without_a_reference_nothing_is_violated_by_1(played):
    context = played(Square(0.7), Point(), real=origin, latent=origin)
    assert verdicts(context)["1"][0] == "undecided"


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(12), spectral_norm(nn.Linear(12, 12))])
def test_critics_that_are_no_function_of_the_sample_are_undecided(played, layer):
    critic = net(0, layer, zero=False)
    context = played(critic, Point(2), real=plane, latent=plane, point="training")
    assert {verdict for verdict, _ in verdicts(context).values()} == {"undecided"}


def test_a_callable_critic_is_undecided(played):
    context = played(net(0, zero=False), Point(2), real=plane, latent=plane)
    for batch in (context.batch, context.second_batch):
        object.__setattr__(batch, "critic", lambda x: x.sum(1))
    assert all("critic is a function" in finding.evidence for finding in check(context))


def test_another_form_is_undecided(played):
    context = played(net(0), Point(2), real=plane, latent=plane, simple=False)
    assert verdicts(context) == {}
    said = {finding.assumption: finding.verdict for finding in declared.check(context)}
    assert {said[name] for name in ("1", "3", "6c")} == {"undecided"}


def test_nothing_is_changed(played):
    context = played(Linear(0.5), Point(), real=origin, latent=origin, reference=Linear(1.0).double())
    before, state = copy.deepcopy(context.batch.critic.state_dict()), torch.get_rng_state()
    list(check(context))
    assert torch.equal(state, torch.get_rng_state())
    assert before["psi"] == context.batch.critic.psi
    assert context.batch.critic.psi.grad is None


def test_the_tube_is_a_tenth_of_the_distance_of_neighbours():
    points = torch.tensor([[0.0], [0.0], [2.0], [4.0]], dtype=torch.float64)
    around, eps = tube(points)
    assert eps == pytest.approx(0.2)
    assert (around[4:] - points).abs().flatten().tolist() == pytest.approx([0.2] * 4)
    assert tube(points[:2])[1] == pytest.approx(0.1)


def test_the_tube_is_not_a_matter_of_roundoff():
    points = torch.randn(64, 1, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    points = torch.cat([points, points]) + 100  # where products of matrices see a distance of equal points
    _, radius = tube(points)
    assert 1 < radius < 4


def test_flatness_is_relative_to_the_reference():
    points = torch.linspace(-1, 1, 64, dtype=torch.float64).unsqueeze(1)
    own = flatness(Linear(0.3).double(), Linear(2.0).double(), points)
    assert (own.spread, own.slope) == pytest.approx((0.15, 0.15))
    alone = flatness(Linear(0.3).double(), None, points)
    assert (alone.spread, alone.slope) == pytest.approx((0.3, 0.3))


def test_only_a_zero_last_layer_is_constant_by_structure(played):
    context = played(net(0, zero=False), Point(2), real=plane, latent=plane)
    assert constant_by_structure(context.batch.critic, context.batch) is None

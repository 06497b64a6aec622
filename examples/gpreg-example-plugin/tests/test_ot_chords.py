import pytest
import torch
from gpreg_example.ot_chords import TransportChords, plan
from gpreg_example.plugin import ChordOptions

import gpreg
from gpreg.errors import UsageError
from gpreg.interfaces import PenaltyBatch
from gpreg.testing import measure_checks


def draw(real, fake, *, power=1.0, **fields):
    batch = PenaltyBatch(real=real, fake=fake, rng=torch.Generator().manual_seed(0), **fields)
    return TransportChords(ChordOptions(power=power)).sample(batch)


@pytest.mark.parametrize(
    "check", measure_checks("ot-chords") + measure_checks("ot-chords", {"power": 2}, shapes=[(2,)]), ids=str
)
def test_conforms(check):
    check()


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(1)


def test_on_a_line_the_plan_sorts(rng):
    real, fake = torch.randn(2, 40, 1, generator=rng, dtype=torch.float64)
    ranks = real[:, 0].argsort().argsort()
    assert torch.equal(fake[plan(real, fake, power=2)], fake.sort(0).values[ranks])
    # For the distance sorting is one of several best plans, so that its cost is that of the plan.
    sorted_cost = (real.sort(0).values - fake.sort(0).values).abs().sum()
    torch.testing.assert_close((real - fake[plan(real, fake)]).abs().sum(), sorted_cost)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_a_shifted_batch_is_paired_with_itself(rng, power):
    """Of translates x_g = x_d + v the translation is a best plan: the chords are parallel to v."""
    real = torch.randn(30, 2, generator=rng, dtype=torch.float64)
    v = torch.tensor([3.0, -1.0], dtype=torch.float64)
    paired = (real + v).roll(7, 0)[plan(real, (real + v).roll(7, 0), power=power)]
    cost = (paired - real).norm(dim=1).pow(power).sum()
    torch.testing.assert_close(cost, 30 * v.norm() ** power)


def test_equal_batches_are_penalised_at_the_data(rng):
    real = torch.randn(20, 3, 2, 2, generator=rng)
    order = torch.randperm(20, generator=rng)
    torch.testing.assert_close(draw(real, real[order]).points, real)


def test_no_chord_leaves_a_mode_of_which_both_have_as_many(rng):
    centres = torch.tensor([[10.0, 0.0], [-10.0, 0.0], [0.0, 10.0]])
    mode = torch.arange(30) % 3
    real = centres[mode] + torch.rand(30, 2, generator=rng)
    fake = (centres[mode] + torch.rand(30, 2, generator=rng))[torch.randperm(30, generator=rng)]
    points = draw(real, fake).points
    assert bool(((points >= centres[mode]) & (points <= centres[mode] + 1)).all())


def test_pairs_are_of_one_class(rng):
    labels = torch.tensor([0, 1, 1, 0])
    real = torch.tensor([[0.0], [10.0], [11.0], [1.0]])
    fake = torch.tensor([[11.0], [1.0], [0.0], [10.0]])  # the nearest are of the other class
    assert sorted(plan(real, fake, labels)[labels == 0].tolist()) == [0, 3]
    with pytest.raises(UsageError, match="other labels"):
        draw(real, fake, labels=labels, fake_labels=1 - labels)


def test_on_the_plan_the_best_critic_has_a_gradient_of_norm_one():
    """Proposition 1, for real points 0 and 10 and fake ones 1 and 11: D falls on the plan's chords, else it is flat."""
    real, fake = torch.tensor([[0.0], [10.0]]).repeat(50, 1), torch.tensor([[11.0], [1.0]]).repeat(50, 1)

    def critic(x):
        return -(x.clamp(0, 1) + x.clamp(10, 11)).squeeze(1)

    gap = critic(real).mean() - critic(fake).mean()
    assert gap == 1  # the distance of the two laws, so that no 1-Lipschitz critic is better
    penalties = {name: gpreg.penalty(name, rho=2.0)(critic, real, fake).detach() for name in ("ot-chords", "wgan-gp")}
    assert penalties["ot-chords"] == 0
    assert penalties["wgan-gp"] > 0.5


def test_batches_that_cannot_be_paired():
    with pytest.raises(UsageError, match="3 real samples cannot be paired with 2"):
        draw(torch.zeros(3, 1), torch.zeros(2, 1))
    assert draw(torch.zeros(2, 1), torch.full((2, 1), torch.nan)).points.isnan().all()

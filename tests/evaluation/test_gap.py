import pytest
import torch
from torch import nn

from gpreg.evaluation.gap import CriticGap
from gpreg.evaluation.sampler import BATCH
from gpreg.interfaces import Batch, Data, Opening, SampleSpec


class Fixed(Data):
    """Samples x = first, first + 1, ...; label i is i % 2."""

    def __init__(self, first, size, labels=False):
        self.size, self._first, self._labels = size, first, labels
        self.spec = SampleSpec(shape=(1,), classes=2 if labels else None)

    def stream(self, batch_size, **others):
        raise AssertionError("the gap takes its samples once")

    def take(self, n, *, rng):
        indices = torch.randperm(self.size, generator=rng)[:n]
        samples = (self._first + indices).float()[:, None]
        return Batch(samples, indices % 2 if self._labels else None)


class Affine(nn.Module):
    """D(x) = scale x + (label)."""

    def __init__(self, scale):
        super().__init__()
        self.scale, self.seen, self.dropout = scale, [], nn.Dropout(0.9)

    def forward(self, x, labels=None):
        self.seen.append(len(x))
        outputs = self.dropout(self.scale * x[:, 0])
        return outputs if labels is None else outputs + labels


def gap(training, held_out, n, *, conditional=False, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return CriticGap.of(training, held_out, n, rng=rng, conditional=conditional)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 100.0), (-2.0, 7.0), (0.5, 0.0)])
def test_the_difference_of_the_means(scale, shift):
    values = gap(Fixed(shift, 50), Fixed(0, 50), 50)(Affine(scale))
    assert values["critic_gap"] == pytest.approx(scale * shift)
    both = torch.cat([scale * (shift + torch.arange(50)), scale * torch.arange(50.0)]).double()
    assert values["critic_gap_std"] == pytest.approx(scale * shift / float(both.std()))


def test_in_units_of_the_standard_deviation_the_scale_does_not_count():
    own = gap(Fixed(10, 50), Fixed(0, 50), 50)
    one, other = (own(Affine(scale))["critic_gap_std"] for scale in (1.0, 1000.0))
    assert one == pytest.approx(other)


def test_a_constant_critic_has_none():
    assert gap(Fixed(10, 5), Fixed(0, 5), 5)(Affine(0.0)) == {"critic_gap": 0.0, "critic_gap_std": 0.0}


def test_as_many_as_there_are(rng):
    own = CriticGap.of(Fixed(0, 30), Fixed(0, 10), 20, rng=rng, conditional=False)
    assert (len(own.training.samples), len(own.held_out.samples)) == (20, 10)
    assert len(own.held_out.samples.unique()) == 10


def test_the_same_samples_each_time():
    own = gap(Fixed(0, 1000), Fixed(0, 1000), 30)
    critic = Affine(1.0)
    assert own(critic) == own(critic)
    again, other = gap(Fixed(0, 1000), Fixed(0, 1000), 30), gap(Fixed(0, 1000), Fixed(0, 1000), 30, seed=1)
    assert own(critic) == again(critic)
    assert own(critic) != other(critic)


def test_labels_where_the_critic_has_them():
    training, held_out = Fixed(0, 10, labels=True), Fixed(0, 1, labels=True)
    values = gap(training, held_out, 10, conditional=True)(Affine(0.0))
    assert values["critic_gap"] == pytest.approx(0.5)
    assert gap(training, held_out, 10, conditional=False)(Affine(0.0))["critic_gap"] == 0


def test_a_few_at_a_time_in_evaluation_mode():
    critic = Affine(1.0).train()
    gap(Fixed(0, 2 * BATCH + 1), Fixed(0, 3), 2 * BATCH + 1)(critic)
    assert critic.seen == [BATCH, BATCH, 1, 3]
    assert critic.training


def test_a_critic_that_has_learnt_its_samples_by_heart_has_one(registry):
    """Trained on 20 points and on held-out ones alike, against noise: it rates those that it has seen higher."""
    source = registry.build("dataset", "two-gaussians", {"points": 20})
    training, held_out = (
        source.open(Opening()),
        registry.build("dataset", "two-gaussians", {"points": None}).open(Opening(split="test")),
    )
    own = CriticGap.of(training, held_out, 500, rng=torch.Generator().manual_seed(0), conditional=False)
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1))
    before = own(critic)["critic_gap_std"]
    optimizer, real = torch.optim.Adam(critic.parameters(), lr=3e-3), own.training.samples
    for _ in range(300):
        optimizer.zero_grad()
        fake = held_out.take(64, rng=torch.Generator().manual_seed(1)).samples
        (nn.functional.softplus(-critic(real)).mean() + nn.functional.softplus(critic(fake)).mean()).backward()
        optimizer.step()
    assert own(critic)["critic_gap_std"] > before + 0.5

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gpreg.interfaces import Constraint, Generator
from gpreg.recipe import AverageSettings
from gpreg.training.average import Average
from gpreg.training.game import Game


class Small(Generator):
    latent_dim = 3

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("codes", torch.arange(4))
        self.register_buffer("mask", torch.tensor([True, False]))

    def forward(self, z, labels=None):
        return self.norm(self.linear(z))


def fill(generator, value):
    with torch.no_grad():
        for tensor in (*generator.parameters(), *generator.buffers()):
            if tensor.is_floating_point():
                tensor.fill_(value)


@settings(max_examples=40)
@given(
    images=st.integers(1, 512),
    halflife_kimg=st.floats(0.01, 100),
    updates=st.integers(1, 200),
)
def test_a_weight_counts_half_after_a_half_life_of_images(images, halflife_kimg, updates):
    generator = Small()
    fill(generator, 0.0)
    average = Average(generator, images=images, settings=AverageSettings(halflife_kimg=halflife_kimg))
    fill(generator, 1.0)
    for step in range(updates):
        average.update(step)
    left = 0.5 ** (updates * images / (1000 * halflife_kimg))
    for parameter in average.generator.parameters():
        torch.testing.assert_close(parameter, torch.full_like(parameter, 1 - left), rtol=1e-3, atol=2e-6)


@given(halflife_kimg=st.floats(0.05, 50), parts=st.integers(1, 8))
def test_it_forgets_at_the_same_pace_whatever_the_batch(halflife_kimg, parts):
    whole, divided = (
        Average(Small(), images=n, settings=AverageSettings(halflife_kimg=halflife_kimg)) for n in (64 * parts, 64)
    )
    assert divided.decay(0) ** parts == pytest.approx(whole.decay(0))


@given(
    images=st.integers(1, 4096),
    halflife_kimg=st.floats(0.01, 1e5),
    warmup_kimg=st.floats(0.01, 1e5),
    step=st.integers(0, 10**6),
    shape=st.sampled_from(["linear", "cosine"]),
)
def test_the_half_life_grows_over_the_warm_up(images, halflife_kimg, warmup_kimg, step, shape):
    chosen = AverageSettings(halflife_kimg=halflife_kimg, warmup_kimg=warmup_kimg, warmup=shape)
    t = min(step * images / (1000 * warmup_kimg), 1)
    halflife = 1000 * halflife_kimg * (t if shape == "linear" else (1 - math.cos(math.pi * t)) / 2)
    expected = 0.5 ** (images / max(halflife, 1e-8))
    average = Average(Small(), images=images, settings=chosen)
    assert average.decay(step) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_published_numbers_of_a_warm_up():
    chosen = AverageSettings(halflife_kimg=5000, warmup_kimg=20_000, warmup="cosine")
    average = Average(Small(), images=512, settings=chosen)
    assert average.decay(0) == 0
    assert average.decay(round(1e6 / 512)) == pytest.approx(0.98854, abs=1e-5)
    assert average.decay(39_063) == average.decay(10**6) == pytest.approx(0.999929, abs=1e-6)


def test_the_first_update_of_a_warm_up_copies_the_generator():
    generator = Small()
    average = Average(generator, images=10, settings=AverageSettings(halflife_kimg=1.0, warmup_kimg=5.0))
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(1))
    average.update(0)
    for mine, theirs in zip(average.generator.parameters(), generator.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_it_starts_as_a_copy_that_shares_nothing():
    generator = Small()
    average = Average(generator, images=10, settings=AverageSettings(halflife_kimg=1.0))
    for name, tensor in generator.state_dict().items():
        copied = average.generator.state_dict()[name]
        assert torch.equal(copied, tensor)
        assert copied.data_ptr() != tensor.data_ptr()
    assert not any(parameter.requires_grad for parameter in average.generator.parameters())


def test_statistics_of_batch_norm_are_averaged():
    generator = Small()
    fill(generator, 0.0)
    average = Average(generator, images=1000, settings=AverageSettings(halflife_kimg=1.0))
    fill(generator, 1.0)
    generator.norm.num_batches_tracked.fill_(7)
    generator.codes.add_(1)
    average.update(0)
    norm = average.generator.norm
    assert torch.equal(norm.running_mean, torch.full((4,), 0.5))
    assert torch.equal(norm.running_var, torch.full((4,), 0.5))
    assert norm.num_batches_tracked == 7
    assert torch.equal(average.generator.codes, generator.codes)
    assert torch.equal(average.generator.mask, generator.mask)


def test_or_copied_if_that_is_asked_for():
    generator = Small()
    fill(generator, 0.0)
    average = Average(generator, images=1000, settings=AverageSettings(halflife_kimg=1.0, buffers=False))
    fill(generator, 1.0)
    average.update(0)
    assert torch.equal(average.generator.norm.running_mean, torch.ones(4))
    assert torch.equal(average.generator.linear.weight, torch.full((4, 3), 0.5))


def test_the_statistics_of_a_trained_generator_are_followed(build):
    running = {"architecture.batch_statistics_when_sampling": False}
    experiment = build("digits-dcgan", {"training.batch_size": 8, "average.halflife_kimg": 0.01, **running})
    game = Game(experiment)
    seen = []
    for step in range(3):
        game.play(step)
        seen.append({name: b.clone() for name, b in experiment.generator.named_buffers() if b.is_floating_point()})
    assert seen[0], "it has batch normalisation"
    expected = {
        name: torch.zeros_like(b) if name.endswith("mean") else torch.ones_like(b) for name, b in seen[0].items()
    }
    for state in seen:
        expected = {name: torch.lerp(value, state[name], 1 - 0.5 ** (8 / 10)) for name, value in expected.items()}
    averaged = dict(experiment.average.generator.named_buffers())
    for name, value in expected.items():
        torch.testing.assert_close(averaged[name], value)


class Doubling(Constraint):
    """Sets weights to twice as much in each call."""

    player = "generator"

    def __init__(self):
        super().__init__()
        self.register_buffer("value", torch.ones(()))

    def forward(self, network):
        self.value.mul_(2)
        network.linear.weight.fill_(self.value)


def test_the_average_obeys_what_the_generator_obeys_and_counts_for_nothing():
    generator, constraint = Small(), Doubling()
    average = Average(generator, images=1, settings=AverageSettings(halflife_kimg=1), constraints=[constraint])
    for step in range(3):
        with torch.no_grad():
            constraint(generator)
        average.update(step)
    assert constraint.value == 8
    assert (average.generator.linear.weight == 16).all()

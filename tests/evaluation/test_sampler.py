import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gpreg.critics.calls import evaluating
from gpreg.evaluation.sampler import BATCH, Sampler
from gpreg.interfaces import Generator, SampleSpec


class Doubling(Generator):
    latent_dim = 2

    def __init__(self):
        super().__init__()
        self.sizes = []

    def forward(self, z, labels=None):
        self.sizes.append(len(z))
        return 2 * z


@given(n=st.integers(0, 600), batch=st.integers(1, 300), seed=st.integers(0, 100))
def test_batches_are_equal_never_of_one_and_together_n(n, batch, seed):
    generator = Doubling()
    drawn = list(Sampler(generator, SampleSpec(shape=(2,)), batch).draw(n, torch.Generator().manual_seed(seed)))
    sizes = [len(part) for part in drawn]
    assert sum(sizes) == n
    assert all(1 <= size <= batch for size in sizes)
    assert max(sizes, default=0) - min(sizes, default=0) <= 1
    assert all(size >= 2 for size in generator.sizes), "batch normalisation makes nothing of one sample"
    assert len(sizes) == -(-n // batch)


@pytest.mark.parametrize("n", [1, 2, BATCH, BATCH + 1, 2 * BATCH + 1])
def test_samples_are_those_of_the_seed_alone(generator, n):
    sampler = Sampler(generator, SampleSpec(shape=(2,)))
    state = torch.get_rng_state()
    one, again, other = (torch.cat(list(sampler.draw(n, torch.Generator().manual_seed(seed)))) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)
    assert one.shape == (n, 2)


def test_it_draws_in_evaluation_mode_and_leaves_every_module_as_it_was(generator, rng):
    sampler = Sampler(generator.train(), SampleSpec(shape=(2,)))
    generator.frozen.eval()
    list(sampler.draw(10, rng))
    assert set(generator.modes) == {(False, False, False)}
    assert (generator.training, generator.norm.training, generator.frozen.training) == (True, True, False)
    for part in sampler.draw(10, rng):
        assert generator.training, "also while the samples are consumed"
        assert not part.requires_grad


def test_modes_are_restored_after_an_error():
    network = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2).eval())
    failed = pytest.raises(ZeroDivisionError)
    with failed, evaluating(network):
        assert not any(module.training for module in network.modules())
        _ = 1 / 0
    assert [module.training for module in network.modules()] == [True, True, False]


def test_labels_are_uniform_and_go_with_their_samples(generator, rng):
    sampler = Sampler(generator, SampleSpec(shape=(2,), classes=3), batch=100)
    batches = list(sampler.batches(3000, rng))
    labels = torch.cat([batch.labels for batch in batches])
    counts = labels.bincount()
    assert len(counts) == 3
    assert (counts - 1000).abs().max() < 5 * (3000 * 2 / 9) ** 0.5
    assert torch.equal(labels, torch.cat(generator.labels))
    assert [len(batch.samples) for batch in batches] == [len(batch.labels) for batch in batches]


def test_without_classes_there_are_no_labels(generator, rng):
    sampler = Sampler(generator, SampleSpec(shape=(2,)))
    assert sampler.draw_labels(4, rng) is None
    assert all(batch.labels is None for batch in sampler.batches(5, rng))


def test_a_single_labelled_sample_has_a_single_label(generator, rng):
    (batch,) = Sampler(generator, SampleSpec(shape=(2,), classes=3)).batches(1, rng)
    assert (batch.samples.shape, batch.labels.shape) == ((1, 2), (1,))


def test_samples_are_in_single_precision(generator):
    sampler = Sampler(generator, SampleSpec(shape=(2,)))
    for dtype in (torch.float64, torch.bfloat16):
        assert sampler.generate(torch.ones(3, 2, dtype=dtype), None).dtype == torch.float32

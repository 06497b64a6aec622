import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import gpreg
from gpreg.errors import DataError, OptionError, UsageError
from gpreg.interfaces import Batch
from gpreg_metrics.stacked_mnist import channels, kl_divergence

TRIPLES = 2500


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("classifiers")


@pytest.fixture(scope="module")
def stacks(patterns, pictures):
    """Random triples of 300 different noisy patterns."""
    base = patterns(300)
    triples = torch.randint(300, (TRIPLES, 3), generator=torch.Generator().manual_seed(3))
    labels = (base.labels[triples] * torch.tensor([100, 10, 1])).sum(dim=1)
    return pictures(base.pixels[triples].squeeze(2), labels, classes=1000)


def score(data, *batches, **options):
    return gpreg.load_registry().build("metric", "stacked-mnist", options)(batches, data)


def test_stacks_come_apart_into_digits_with_their_labels():
    images = torch.arange(6).view(2, 3, 1, 1).expand(2, 3, 4, 4)
    digits, labels = channels(Batch(images, torch.tensor([407, 999])))
    assert digits.shape == (6, 1, 4, 4)
    assert digits[:, 0, 0, 0].tolist() == list(range(6))
    assert labels.tolist() == [4, 0, 7, 9, 9, 9]


def test_the_divergence_of_cases_worked_out_by_hand():
    ones = torch.ones(1000).long()
    assert kl_divergence(ones * 7, ones) == pytest.approx(0, abs=1e-12)
    assert kl_divergence(torch.eye(1000)[3].long(), ones) == pytest.approx(math.log(1000))
    assert kl_divergence(torch.tensor([1, 3]), torch.tensor([2, 2])) == pytest.approx(
        0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    )


@given(counts=st.lists(st.integers(0, 50), min_size=6, max_size=6).filter(any))
def test_the_divergence_is_not_negative(counts):
    assert kl_divergence(torch.tensor(counts), torch.tensor([1, 5, 9, 2, 2, 7])) >= -1e-12


def test_an_infinite_divergence_is_refused():
    with pytest.raises(DataError, match="1 modes of the samples are not in the data"):
        kl_divergence(torch.tensor([1, 1]), torch.tensor([3, 0]))


def test_modes_and_divergence_are_those_of_the_true_labels(stacks, folder):
    counts = stacks.labels.bincount(minlength=1000)
    values = score(stacks, *stacks.scaled().split(400), cache=folder).values
    assert values["modes"] == int((counts > 0).sum()) > 800
    assert values["kl"] == pytest.approx(kl_divergence(counts, torch.ones(1000).long()))
    assert score(stacks, stacks.scaled(), cache=folder, against="data").values["kl"] == pytest.approx(0, abs=1e-9)


def test_the_threshold_counts_samples(stacks, folder):
    counts = stacks.labels.bincount(minlength=1000)
    values = score(stacks, stacks.scaled(), cache=folder, threshold=4).values
    assert values["modes"] == int((counts >= 4).sum())
    assert 0 < values["modes"] < int((counts > 0).sum())


def test_a_collapsed_generator_has_one_mode(stacks, folder):
    values = score(stacks, stacks.scaled(slice(1)).expand(60, -1, -1, -1), cache=folder).values
    assert values == {"modes": 1.0, "kl": pytest.approx(math.log(1000))}


def test_the_order_of_the_channels_matters(stacks, folder):
    one = stacks.scaled(slice(1))
    hundreds, tens, ones = (int(stacks.labels[0]) // base % 10 for base in (100, 10, 1))
    assert len({hundreds, tens, ones}) > 1
    assert score(stacks, torch.cat([one, one.flip(1)]), cache=folder).values["modes"] == 2


def test_the_digits_of_the_held_out_stacks_were_not_trained_on(stacks, folder):
    provenance = score(stacks, stacks.scaled(slice(5)), cache=folder).provenance
    assert provenance["training images"] + provenance["held-out images"] == 300, "each different digit once"
    assert provenance["held-out accuracy"] == 1.0


def test_provenance_stamps_the_protocol(stacks, folder):
    result = score(stacks, stacks.scaled(slice(5)), cache=folder, threshold=2)
    assert set(result.values) == set(gpreg.load_registry().get("metric", "stacked-mnist").values)
    provenance = result.provenance
    assert (provenance["samples"], provenance["threshold"], provenance["recommended samples"]) == (5, 2, 26_000)
    assert "uniform" in provenance["kl"]
    assert len(provenance["classifier sha256"]) == 64


def test_data_that_are_not_stacked_digits_are_refused(patterns, random_pictures, cloud):
    for data in (
        patterns(50),
        random_pictures(50),
        random_pictures(50, (1, 8, 8), classes=1000),
        cloud(torch.zeros(9, 3)),
    ):
        with pytest.raises(UsageError, match="three digits in three channels"):
            score(data, torch.zeros(1, *data.spec.shape))


def test_no_samples_are_refused(stacks, folder):
    with pytest.raises(UsageError, match="no samples") as caught:
        score(stacks, cache=folder)
    assert "26000" in caught.value.remedy


@pytest.mark.parametrize("options", [{"threshold": 0}, {"against": "nothing"}])
def test_options_out_of_bounds_are_refused(stacks, options):
    with pytest.raises(OptionError):
        score(stacks, **options)

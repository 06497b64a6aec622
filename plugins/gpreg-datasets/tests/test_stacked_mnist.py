import math

import pytest
import torch

from gpreg.errors import DataError, OptionError
from gpreg.interfaces import Opening
from gpreg_datasets.options import StackedMnistOptions
from gpreg_datasets.stacked_mnist import StackedMnist


def whole(data):
    return data.take(data.size, rng=torch.Generator())


@pytest.mark.parametrize("split", ["train", "test"])
def test_channels_are_images_of_the_base_and_labels_their_digits(tmp_path, write_idx, split):
    options = StackedMnistOptions(folder=write_idx(tmp_path), triples=500)
    samples, labels = whole(StackedMnist(options).open(Opening(split=split, value_range=(0.0, 255.0))))
    numbers = samples[:, :, 0, 0].long()
    assert torch.equal(samples, numbers.float()[:, :, None, None].expand(-1, -1, 28, 28))
    assert numbers.unique().tolist() == list(range({"train": 30, "test": 12}[split]))
    assert torch.equal(labels, ((numbers % 10) * torch.tensor([100, 10, 1])).sum(1))


def test_the_seed_draws_the_triples(tmp_path, write_idx):
    write_idx(tmp_path)
    labels = [
        whole(StackedMnist(StackedMnistOptions(folder=tmp_path, triples=200, seed=seed)).open(Opening())).labels
        for seed in (0, 0, 1)
    ]
    assert torch.equal(labels[0], labels[1])
    assert not torch.equal(labels[0], labels[2])


@pytest.mark.parametrize("size", [28, 32])
def test_stacks_of_the_bundled_digits(size):
    data = StackedMnist(StackedMnistOptions(base="digits", size=size)).open(Opening())
    assert (data.size, data.spec.classes, data.spec.shape) == (128_000, 1000, (3, size, size))
    assert next(data.stream(10, seed=0)).samples.shape == (10, 3, size, size)


def test_triples_are_uniform_over_all_thousand_modes(tmp_path, write_idx):
    n = 40_000
    data = StackedMnist(StackedMnistOptions(folder=write_idx(tmp_path), triples=n)).open(
        Opening()
    )  # classes of equal size
    labels = [data.gather(part).labels for part in torch.arange(n).chunk(40)]
    counts = torch.cat(labels).bincount(minlength=1000)
    assert len(counts) == 1000
    assert (counts - n / 1000).abs().max() < 5 * math.sqrt(n / 1000)


def test_a_missing_base_is_reported(tmp_path):
    with pytest.raises(DataError, match="mnist is not there"):
        StackedMnist(StackedMnistOptions(folder=tmp_path)).open(Opening())


def test_a_folder_for_the_bundled_base_is_refused(tmp_path):
    with pytest.raises(OptionError, match="reads no folder"):
        StackedMnist(StackedMnistOptions(base="digits", folder=tmp_path)).open(Opening())


def test_classes_are_named_by_their_digits_and_counted(tmp_path, write_idx):
    data = StackedMnist(StackedMnistOptions(folder=write_idx(tmp_path), triples=500)).open(Opening())
    assert data.class_names[74] == "074"
    assert list(data.class_counts) == whole(data).labels.bincount(minlength=1000).tolist()

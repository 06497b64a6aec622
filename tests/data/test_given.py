"""Tensors, arrays and datasets of one's own as data."""

import random

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from gpreg.data import GivenOptions, GivenSource
from gpreg.data.given import held_out
from gpreg.errors import DataError, PluginError, UsageError
from gpreg.interfaces import Data, Opening


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """torch waits so many seconds for workers of a loader that ends with an error; here they have nothing to finish."""
    monkeypatch.setattr(torch.utils.data._utils, "MP_STATUS_CHECK_INTERVAL", 0.2)


BYTES = torch.arange(37 * 3 * 4 * 4).remainder(251).to(torch.uint8).view(37, 3, 4, 4)


class Faces(Dataset):
    """Pictures by number: channels last, each shifted at random, with labels."""

    classes = ("ant", "bee", "cat")

    def __init__(self, size=37, noise=True):
        self.size, self.noise = size, noise
        self.targets = [number % 3 for number in range(size)]

    def __len__(self):
        return self.size

    def __getitem__(self, number):
        picture = np.full((4, 4, 3), number, np.uint8)
        if self.noise:
            picture[0, 0] = random.randrange(256), np.random.randint(256), int(torch.randint(256, ()))
        return picture, number % 3, {"more": "that nobody reads"}


def opened(given, split="train", *, value_range=None, **options):
    return GivenSource(given, GivenOptions(**options)).open(Opening(split=split, value_range=value_range))


def batches(stream, n):
    return [next(stream) for _ in range(n)]


def assert_same(left, right):
    for one, other in zip(left, right, strict=True):
        assert torch.equal(one.samples, other.samples)
        assert torch.equal(one.labels, other.labels)


def everything(data):
    return data.take(data.size, rng=torch.Generator()).samples


def test_a_tenth_is_held_out_by_a_permutation_of_the_number_of_samples():
    train, test = (held_out(100, 0.1, split) for split in ("train", "test"))
    assert (len(train), len(test)) == (90, 10)
    assert sorted([*train.tolist(), *test.tolist()]) == list(range(100))
    assert test.tolist() != list(range(10))
    assert torch.equal(test, held_out(100, 0.1, "test"))
    assert len(held_out(2, 0.9, "train")) == 1
    numbers = torch.arange(100.0)[:, None]
    assert torch.equal(everything(opened(numbers)).sort(0).values[:, 0], train.float())
    assert torch.equal(everything(opened(numbers, "test")).sort(0).values[:, 0], test.float())
    assert "10 of the 100 samples are held out" in opened(numbers).notes[0]
    assert "10 of the 100 samples are held out" in opened(numbers, "test").notes[0]
    with pytest.raises(DataError, match="no sample is held out"):
        opened(numbers, "test", holdout=0.0)


def test_bytes_are_scaled_to_the_range_of_the_generator_and_channels_may_come_last():
    first, last = opened(BYTES, holdout=0.0), opened(BYTES.permute(0, 2, 3, 1).numpy(), holdout=0.0)
    assert first.spec == last.spec
    assert first.spec.shape == (3, 4, 4)
    assert first.spec.value_range == (-1.0, 1.0)
    assert torch.equal(everything(first), everything(last))
    torch.testing.assert_close(everything(first).sort(0).values, (BYTES / 127.5 - 1).sort(0).values)
    assert "(N, height, width, channels)" in last.notes[0]
    assert opened(BYTES, value_range=(0.0, 1.0)).spec.value_range == (0.0, 1.0)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0)])
@pytest.mark.parametrize("as_items", [False, True])
def test_floats_of_images_span_0_to_1_or_minus_1_to_1(low, high, as_items):
    units = torch.rand(20, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    units[0, 0, 0] = torch.tensor([0.0, 1.0, 0.0, 1.0])
    images = low + (high - low) * units
    data = opened(TensorDataset(images) if as_items else images, holdout=0.0, value_range=(-2.0, 2.0))
    torch.testing.assert_close(everything(data).sort(0).values, (4 * units - 2).sort(0).values)
    asked = opened(TensorDataset(images) if as_items else images, holdout=0.0, span=(-3.0, 3.0))
    torch.testing.assert_close(everything(asked).sort(0).values, (images / 3).sort(0).values)


def test_vectors_are_left_alone_and_labels_are_counted():
    points = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    data = opened((points, torch.arange(20) % 4), holdout=0.0)
    assert data.spec.value_range is None
    assert data.spec.classes == 4
    assert data.class_counts == (5, 5, 5, 5)
    assert torch.equal(everything(data).sort(0).values, points.sort(0).values)
    assert opened((points, [0] * 20)).spec.classes == 1
    assert opened((points.double(), (torch.arange(20) % 4)[:, None].numpy()), holdout=0.0).spec == data.spec


def test_a_pair_is_training_and_test_samples():
    train, test = torch.zeros(6, 2), torch.ones(4, 2)
    assert opened((train, test)).size == 6
    assert everything(opened((train, test), "test")).unique().tolist() == [1]
    labelled = [(train, torch.arange(6) % 2), (test, torch.arange(4) % 2)]
    assert opened(labelled, "test").class_counts == (2, 2)
    faces = opened((Faces(10), Faces(5)), "test")
    assert (faces.size, faces.class_counts) == (5, (2, 2, 1))


def test_data_of_ones_own_is_taken_as_it_is():
    data = opened(torch.zeros(6, 2))
    assert isinstance(data, Data)
    assert opened(data) is data
    assert opened((data, data), "test") is data
    with pytest.raises(DataError, match="held out"):
        opened(data, "test")


def test_items_of_a_dataset_have_labels_names_and_counts():
    data = opened(Faces(noise=False), holdout=0.0)
    assert data.spec.shape == (3, 4, 4)
    assert (data.spec.classes, data.class_names) == (3, ("ant", "bee", "cat"))
    assert data.class_counts == (13, 12, 12)
    samples, labels = data.take(37, rng=torch.Generator())
    numbers = ((samples[:, 0, 0, 0] + 1) * 127.5).round().long()
    assert torch.equal(numbers % 3, labels)
    assert sorted(numbers.tolist()) == list(range(37))


def test_labels_of_which_nobody_says_how_many_there_are_are_left_out_with_a_note():
    data = opened(TensorDataset(BYTES, torch.arange(37) % 3))
    assert data.spec.classes is None
    assert next(data.stream(3, seed=0)).labels is None
    assert any("are not used" in note for note in data.notes)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_of_random_items_continues_bit_for_bit(workers):
    data = opened(Faces(), workers=workers)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    stream = data.stream(7, seed=5)
    batches(stream, 8)  # of 33: in the middle of the second epoch
    state = stream.state_dict()
    expected = batches(stream, 6)
    fresh = opened(Faces(), workers=2 - workers).stream(7, seed=9)
    fresh.load_state_dict(state)
    assert_same(expected, batches(fresh, 6))
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (np.random.get_state()[1].tolist(), random.getstate())
    drawn = torch.cat([batch.samples[:, :, 0, 0] for batch in expected])
    assert len(drawn.unique(dim=0)) == len(drawn)


def test_two_processes_share_each_batch():
    data = opened(Faces(noise=False))
    alone = data.stream(14, seed=5)
    together = [data.stream(7, seed=5, rank=rank, ranks=2) for rank in (0, 1)]
    for _ in range(6):
        parts = [next(stream) for stream in together]
        assert_same([next(alone)], [type(parts[0])(*(torch.cat(each) for each in zip(*parts, strict=True)))])


def test_a_state_of_other_samples_is_refused():
    state = opened(torch.zeros(40, 2)).stream(4, seed=0).state_dict()
    with pytest.raises(DataError, match="not the same ones"):
        opened(torch.ones(40, 2)).stream(4, seed=0).load_state_dict(state)
    with pytest.raises(DataError, match="has 45 samples, and had 36"):
        opened(torch.zeros(50, 2)).stream(4, seed=0).load_state_dict(state)


class NoLength(Dataset):
    def __getitem__(self, number):
        return torch.zeros(2)


class Endless(IterableDataset):
    def __iter__(self):
        return iter([])


class Items(Dataset):
    """Items of a list; an exception is raised."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, number):
        if isinstance(self.items[number], Exception):
            raise self.items[number]
        return self.items[number]


def mixed(other, at, of=40):
    return Items([torch.zeros(2) if number != at else other for number in range(of)])


REFUSED = {
    "no length": (NoLength(), "NoLength.*has no length"),
    "an iterable": (Endless(), "no order that could be continued"),
    "a loader": (DataLoader(TensorDataset(BYTES)), "is a DataLoader"),
    "empty tensor": (torch.zeros(0, 2), "^the tensor is empty; a run needs at least two"),
    "empty dataset": (Items([]), "is empty"),
    "one sample": (torch.zeros(1, 2), "has one sample"),
    "one item": (Items([torch.zeros(2)]), "has one sample"),
    "no axis": (torch.zeros(5), r"is \(5,\) of float32"),
    "truth values": (torch.zeros(5, 2, dtype=torch.bool), "of bool"),
    "whole numbers as images": (torch.zeros(5, 3, 4, 4, dtype=torch.int64), "of int64"),
    "complex": (np.zeros((5, 2), complex), "of complex128"),
    "text": (np.array(["a", "b"]), "of <U1"),
    "five axes": (torch.zeros(5, 3, 4, 4, 4), r"\(5, 3, 4, 4, 4\)"),
    "no pixels": (torch.zeros(5, 3, 0, 4), r"\(5, 3, 0, 4\)"),
    "NaN": (torch.tensor([[0.0, 1.0], [0.0, torch.nan]]), "not finite"),
    "NaN in an item": (mixed(torch.tensor([0.0, torch.nan]), 39), "sample 39 of .*nan"),
    "beyond the span": (255 * torch.rand(5, 1, 2, 2), "spans .* and the option span says 0 to 1"),
    "other labels": ((torch.zeros(5, 2), torch.zeros(4, dtype=torch.int64)), r"must be \(5,\) of integers"),
    "labels below 0": ((torch.zeros(5, 2), torch.full((5,), -1)), "integers from 0"),
    "labels of floats": ((torch.zeros(5, 2), torch.zeros(5)), "integers from 0"),
    "mixed shapes": (mixed(torch.zeros(3), 39), r"sample 39 of Items \(.*test_given.py:\d+\) is \(3,\)"),
    "mixed types": (mixed(torch.zeros(2, dtype=torch.float64), 39), "sample 39 .* of float64"),
    "an item of text": (mixed("x", 0), "sample 0 .* is a str"),
    "a table": (mixed({"x": torch.zeros(2)}, 0), "sample 0 .* is a dict"),
    "a number": (5, "is a int"),
    "a palette": (mixed(Image.new("P", (4, 4)), 0), r"sample 0 .* mode 'P'.*\n.*image.convert\('RGB'\)"),
    "transparency": (mixed(Image.new("RGBA", (4, 4)), 0), "sample 0 .* is a picture of mode 'RGBA'"),
    "a mapping": ({"x": torch.zeros(5, 2), "y": torch.zeros(5)}, "the dataset is a dict; it must be"),
    "complex tensor": (torch.zeros(5, 2, dtype=torch.complex64), "complex64 .*\n.*torch.view_as_real"),
    "sparse tensor": (torch.zeros(5, 2).to_sparse(), r"sparse_coo\n.*to_dense"),
}


@pytest.mark.parametrize(("given", "match"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_trained_on_is_refused_with_what_came(given, match):
    with pytest.raises(UsageError, match=match) as caught:
        opened(given)
    assert caught.value.exit_code == 2


def test_an_item_that_cannot_be_read_is_told_with_its_line():
    with pytest.raises(PluginError, match=r"sample 0 of Items .*KeyError: 'lost' \(.*test_given.py:\d+\)") as caught:
        opened(mixed(KeyError("lost"), 0))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("other", "error", "match"),
    [
        (torch.zeros(3), UsageError, r"sample 7 of Items .* is \(3,\) of float32, and others are \(2,\)"),
        (torch.full((2,), torch.inf), UsageError, "sample 7 .* not finite"),
        (KeyError("lost"), PluginError, "sample 7 .* KeyError"),
    ],
)
def test_an_item_that_is_found_out_later_is_named_too(workers, other, error, match):
    data = opened(mixed(other, 7, of=1000), holdout=0.0, workers=workers)
    with pytest.raises(error, match=match):
        batches(data.stream(100, seed=0), 10)
    with pytest.raises(error, match=match):
        data.take(1000, rng=torch.Generator())


def test_a_label_beyond_the_classes_is_refused():
    faces = Faces(40, noise=False)
    faces.classes = ("ant", "bee")
    with pytest.raises(UsageError, match="has the label 2; there are 2 classes"):
        everything(opened(faces))

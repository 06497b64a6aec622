import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from gpreg.interfaces import Opening
from gpreg_datasets.digits import Digits
from gpreg_datasets.options import DigitsOptions


def contents(split, **options):
    data = Digits(DigitsOptions(**options)).open(Opening(split=split, value_range=(0.0, 255.0)))
    return data.take(data.size, rng=torch.Generator())


def test_the_split_takes_every_fifth_of_each_class():
    bundled = load_digits()
    train, test = contents("train", size=8), contents("test", size=8)
    pixels = {}
    for split, (samples, labels) in {"train": train, "test": test}.items():
        for label in range(10):
            pixels[split, label] = {row.numpy().tobytes() for row in samples[labels == label].byte()}
    expected = np.round(bundled.images * 255 / 16).astype(np.uint8)
    for label in range(10):
        images = expected[bundled.target == label]
        assert pixels["test", label] == {image.tobytes() for image in images[4::5]}
        of_train = [image.tobytes() for place, image in enumerate(images) if place % 5 != 4]
        assert pixels["train", label] == set(of_train)
    assert (len(train.samples), len(test.samples)) == (1442, 355)


@pytest.mark.parametrize("split", ["train", "test"])
def test_classes_are_balanced(split):
    labels = contents(split).labels
    counts = labels.bincount(minlength=10) / len(labels)
    assert counts.min() > 0.09
    assert counts.max() < 0.11


@pytest.mark.parametrize("size", [8, 28, 32])
def test_enlarged_images_keep_their_mean(size):
    small, large = contents("train", size=8).samples, contents("train", size=size).samples
    assert large.shape == (1442, 1, size, size)
    assert large.max() <= 255
    assert large.mean() == pytest.approx(small.mean().item(), rel=0.02)


def test_default_range():
    data = Digits(DigitsOptions()).open(Opening())
    samples = data.take(data.size, rng=torch.Generator()).samples
    assert data.spec.value_range == (-1.0, 1.0)
    assert (samples.min().item(), samples.max().item()) == (-1.0, 1.0)

"""The handwritten digits that are part of scikit-learn, so that no download is needed."""

import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import interpolate

from gpreg.data.arrays import ArrayData
from gpreg.interfaces import DatasetSource, Opening
from gpreg_datasets.options import DigitsOptions

TEST_EVERY = 5
"""Of each class, every fifth digit (the 5th, 10th, ... in the order of the file) is for testing."""


class Digits(DatasetSource):
    """1797 digits of 8x8 pixels with 17 grey levels, interpolated bilinearly to ``size`` and rounded to bytes.

    The split is fixed: of each class, every fifth digit is for testing. That leaves 1442 for training, 355 for testing.
    """

    def __init__(self, options: DigitsOptions) -> None:
        self._size = options.size

    def open(self, opening: Opening) -> ArrayData:
        """Read the digits from the installed scikit-learn."""
        bundled = load_digits()
        labels = torch.from_numpy(bundled.target).long()
        images = torch.from_numpy(bundled.images).to(torch.float32)[:, None]
        of_split = _is_test(labels) == (opening.split == "test")
        enlarged = interpolate(images[of_split], size=(self._size, self._size), mode="bilinear")
        pixels = enlarged.mul_(255 / 16).round_().to(torch.uint8)
        data = ArrayData(pixels, labels[of_split], classes=10, value_range=opening.value_range)
        data.class_names = tuple(map(str, range(10)))
        return data


def _is_test(labels: Tensor) -> Tensor:
    """Which of the digits are for testing, ``(N,)`` of bool."""
    one_hot = torch.nn.functional.one_hot(labels)
    nth_of_class = one_hot.cumsum(0).gather(1, labels[:, None]).squeeze(1)
    return nth_of_class % TEST_EVERY == 0

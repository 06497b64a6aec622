"""Stacked MNIST: three digits are the three channels of an image, which gives 1000 modes that can be counted."""

import torch
from torch import Tensor

from gpreg.data.arrays import ArrayData, DeviceCopies, IndexedData, count_classes
from gpreg.data.seeding import keyed_generator
from gpreg.errors import OptionError
from gpreg.interfaces import Batch, DatasetSource, Opening, SampleSpec
from gpreg_datasets.digits import Digits
from gpreg_datasets.idx import FashionMnist, IdxSource, Mnist
from gpreg_datasets.options import DigitsOptions, IdxOptions, StackedMnistOptions


class StackedMnist(DatasetSource):
    """Random triples of digits, drawn once with replacement from the base's split, each triple a sample.

    The class of a sample is ``100 a + 10 b + c`` for digits a, b, c in the first, second and third channel. VEEGAN and
    PacGAN use 128 000 triples (Srivastava et al., 2017), other papers other numbers; counts of modes can be compared
    only for equal numbers.
    """

    def __init__(self, options: StackedMnistOptions) -> None:
        self._options = options

    def open(self, opening: Opening) -> "StackedData":
        """Read the base and draw the triples.

        Raises:
            OptionError: a folder is given for a base that is bundled.
            DataError: the base is missing or damaged.
        """
        digits = self._base().open(opening)
        rng = keyed_generator(self._options.seed, ("train", "test").index(opening.split))
        return StackedData(digits, torch.randint(digits.size, (self._options.triples, 3), generator=rng))

    def _base(self) -> Digits | IdxSource:
        if self._options.base == "digits":
            if self._options.folder is not None:
                raise OptionError("stacked-mnist of base=digits reads no folder", remedy="leave out the option folder")
            return Digits(DigitsOptions(size=self._options.size))
        idx = {"mnist": Mnist, "fashion-mnist": FashionMnist}[self._options.base]
        return idx(IdxOptions(folder=self._options.folder, size=self._options.size))


class StackedData(IndexedData):
    """Triples of another dataset's images, which are stacked batch by batch, so that each image is held once.

    Args:
        digits: samples ``(1, H, W)`` in ten classes.
        triples: ``(N, 3)`` of int64, indices of samples of ``digits``.
    """

    def __init__(self, digits: ArrayData, triples: Tensor) -> None:
        self._digits = digits
        self._triples = DeviceCopies(triples)
        self.size = len(triples)
        self.spec = SampleSpec(shape=(3, *digits.spec.shape[1:]), value_range=digits.spec.value_range, classes=1000)
        self.class_names = tuple(f"{number:03}" for number in range(1000))
        assert digits.labels is not None
        self.class_counts = count_classes(_label(digits.labels[triples]), 1000)

    def gather(self, indices: Tensor) -> Batch:
        """The samples with the indices ``(B,)`` of int64, on the device of ``indices``."""
        (triples,) = self._triples.on(indices.device)
        assert triples is not None
        images, labels = self._digits.gather(triples.index_select(0, indices).flatten())
        assert labels is not None
        return Batch(images.view(-1, *self.spec.shape), _label(labels.view(-1, 3)))


def _label(digits: Tensor) -> Tensor:
    """The class of each triple of digits ``(N, 3)``, as ``(N,)`` of int64."""
    hundreds, tens, ones = digits.unbind(1)
    return 100 * hundreds + 10 * tens + ones

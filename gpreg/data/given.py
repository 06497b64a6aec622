"""A dataset source made of the user's tensors, arrays or :class:`torch.utils.data.Dataset`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from gpreg.data.first_look import GivenItems
from gpreg.data.items import as_array
from gpreg.data.seeding import keyed_generator
from gpreg.data.tensors import GivenArrays
from gpreg.errors import DataError, GpregError, UsageError
from gpreg.interfaces import Data, DatasetSource, Opening
from gpreg.interfaces.dataset import Split
from gpreg.registry.options import option
from gpreg.registry.place import place_of
from gpreg.registry.wording import reason_of, type_name

_WANTED = (
    "; it must be a tensor or an array (N, *x), (samples, labels), a torch.utils.data.Dataset, a gpreg.interfaces.Data "
    "or DatasetSource, or a pair (train, test) of such"
)


@dataclass(frozen=True, kw_only=True)
class GivenOptions:
    """Options of data that are given as objects."""

    holdout: float = option(
        0.1, ge=0, lt=1, help="share of the samples that is held out for testing where no test samples are given"
    )
    span: tuple[float, float] | None = option(
        None, help="what floats of images span, LOW,HIGH; by default 0,1, and -1,1 if some are below 0"
    )
    workers: int = option(0, ge=0, le=64, help="processes that read the items of a torch Dataset; 0: this one")


class GivenSource(DatasetSource):
    """A dataset source of samples that are given as an object.

    They may be given as

    * a tensor or an array ``(N, *x)``: images of uint8 or floats, ``(N, C, H, W)``, or ``(N, H, W, C)`` with 1 or 3
      channels, or ``(N, H, W)``; or vectors ``(N, d)`` of numbers, which are not scaled. With labels: ``(samples,
      labels)``, where labels are ``(N,)`` of whole numbers from 0;
    * a map-style :class:`torch.utils.data.Dataset`, whose items are such samples, or ``(sample, label, ...)``;
    * two of these, ``(train, test)``;
    * a :class:`gpreg.interfaces.Data`.

    If no test samples are given, a tenth is held out (option ``holdout``): the first samples of a permutation that
    depends only on the number of samples. Images are scaled to the generator's value range.

    Args:
        given: the samples.
        options: see :class:`GivenOptions`.

    Raises:
        UsageError: the samples are given as none of these.
    """

    def __init__(self, given: object, options: GivenOptions | None = None) -> None:
        self._options = options or GivenOptions()
        self.train, self.test = _parts(given)
        for part in (self.train, self.test):
            if part is not None:
                check_given(part)

    def look(self) -> tuple[tuple[int, ...], int | None, int | None]:
        """Shape of a sample, number of classes and of samples, as far as reading a single item tells them."""
        if isinstance(self.train, Data):
            return self.train.spec.shape, self.train.spec.classes, self.train.size
        look = GivenItems if has_items(self.train) else GivenArrays
        return look(self.train, name_of(self.train), self._options.span).look()

    def open(self, opening: Opening) -> Data:
        """The samples of one split.

        Raises:
            UsageError: there are fewer than two samples; or they differ in shape, or are not finite numbers; or there
                are more or fewer labels than samples.
            DataError: nothing is held out for testing.
        """
        split = opening.split
        given = self.test if split == "test" and self.test is not None else self.train
        if isinstance(given, Data):
            if split == "test" and self.test is None:
                raise DataError("no sample is held out", remedy="give a pair of data, (train, test)")
            return given
        span, name = self._options.span, name_of(given)
        if span is not None and not span[0] < span[1]:
            raise UsageError(f"option 'span' of the dataset is {span[0]:g}, {span[1]:g}; low must be below high")
        size = _size(given, name)
        rows = torch.arange(size) if self.test is not None else held_out(size, self._options.holdout, split)
        if not len(rows):
            raise DataError("no sample is held out", remedy="give test samples too, or a larger option holdout=SHARE")
        opened = GivenItems(given, name, span) if has_items(given) else GivenArrays(given, name, span)
        try:
            data = opened.data(rows, opening.value_range, workers=self._options.workers)
        except DataError as error:
            raise UsageError(error.message, remedy=error.remedy) from error
        if self.test is None and len(rows) < size:
            kept = size - len(rows) if split == "train" else len(rows)
            data.notes += (f"{kept:,} of the {size:,} samples are held out for testing (option holdout)",)
        return data


def held_out(size: int, share: float, split: Split) -> Tensor:
    """The indices ``(n,)`` of the samples of a split, in order.

    The test split has the first ``size * share``, rounded, of a permutation that depends only on ``size``. At least
    one sample is left for training.
    """
    count = min(round(size * share), size - 1)
    order = torch.randperm(size, generator=keyed_generator(size))
    return (order[:count] if split == "test" else order[count:]).sort().values


def name_of(given: object) -> str:
    """The name of given samples in errors: ``"the tensor"``, ``"Faces (faces.py:12)"``."""
    if isinstance(given, tuple):
        return name_of(given[0])
    if isinstance(given, Tensor | np.ndarray):
        return "the tensor" if isinstance(given, Tensor) else "the array"
    return place_of(given)


def has_items(given: object) -> bool:
    """Whether samples are read item by item, as from a torch Dataset."""
    return not isinstance(given, tuple | list | Tensor | np.ndarray | Data) and hasattr(given, "__getitem__")


def check_given(given: object) -> None:
    """Refuse an object that cannot be data, before anything is read.

    Raises:
        UsageError: it is no data; says what it must be.
    """
    if isinstance(given, type):
        raise UsageError(f"the dataset is the class {place_of(given)}{_WANTED}")
    if isinstance(given, IterableDataset):
        raise UsageError(
            f"the dataset {place_of(given)} is an IterableDataset, which has no order that could be continued",
            remedy="give a map-style Dataset, with __len__ and __getitem__",
        )
    if isinstance(given, DataLoader):
        raise UsageError(
            "the dataset is a DataLoader; gpreg makes batches itself", remedy="give its dataset: LOADER.dataset"
        )
    if isinstance(given, Tensor) and as_array(given) is None:
        remedy = "give it dense, IT.to_dense(), and in real numbers, torch.view_as_real(IT)"
        raise UsageError(f"the dataset is a tensor of {given.dtype} in the layout {given.layout}", remedy=remedy)
    arrays = isinstance(given, Tensor | np.ndarray) or (isinstance(given, tuple) and as_array(given[0]) is not None)
    if isinstance(given, Mapping) or not (arrays or isinstance(given, Data) or has_items(given)):
        raise UsageError(f"the dataset is a {type_name(given)}{_WANTED}")
    if not isinstance(given, Data):
        _size(given, name_of(given))


def _parts(given: Any) -> tuple[Any, Any]:
    """Training samples and test samples; ``None`` if there are no test samples."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        return given, None
    first, second = as_array(given[0]), as_array(given[1])
    if isinstance(given[1], list | range) and all(isinstance(each, int) for each in given[1]):
        second = np.asarray(given[1])
    if first is not None and second is not None and (second.ndim < 2 or second.shape[1:] == (1,) != first.shape[1:]):
        return (given[0], second), None
    nested = [tuple(part) if isinstance(part, list) else part for part in given]
    return nested[0], nested[1]


def _called(name: str) -> str:
    """``"the tensor"``, and ``"the dataset Faces (faces.py:12)"``."""
    return name if name.startswith("the ") else f"the dataset {name}"


def _size(given: Any, name: str) -> int:
    """The number of samples.

    Raises:
        UsageError: it is unknown, or less than two.
    """
    samples = given[0] if isinstance(given, tuple) else given
    try:
        size = len(samples)
    except GpregError:
        raise
    except Exception as error:
        raise UsageError(
            f"{_called(name)} has no length: {reason_of(error)}",
            remedy="give it __len__, the number of its samples, by which they are shuffled and counted",
        ) from error
    if size < 2:
        there = "is empty" if size == 0 else "has one sample"
        raise UsageError(f"{_called(name)} {there}; a run needs at least two", remedy="give more samples")
    return size

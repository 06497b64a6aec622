"""A map-style :class:`torch.utils.data.Dataset` as data; its items are read while the networks train."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gpreg.data.layout import WANTED, Array, Layout, arranged, finite, layout_of, refuse_beyond, to_units
from gpreg.data.pixels import DEFAULT_RANGE, scale_pixels, scale_units
from gpreg.data.seeding import keyed_generator
from gpreg.data.streaming import Raw, StreamedData, Wanted
from gpreg.errors import DataError, GpregError, PluginError, UsageError
from gpreg.interfaces import Batch, SampleSpec
from gpreg.registry.place import place_of, raised_at, source_of
from gpreg.registry.wording import reason_of, type_name


@dataclass(frozen=True, kw_only=True)
class ItemKind:
    """Shape, type and labels that every item of a dataset must have.

    Attributes:
        shape: shape of the item's sample, before its axes are reordered.
        dtype: NumPy's name of the sample's type.
        layout: the meaning of the axes.
        span: the range of float images; ``None`` for bytes and vectors.
        classes: number of classes; ``None``: without labels.
    """

    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    layout: Layout
    span: tuple[float, float] | None = None
    classes: int | None = None


class StreamedItems(StreamedData):
    """Data made of the items ``sample`` or ``(sample, label, ...)`` of a dataset.

    While a batch is read, torch, NumPy and Python are seeded by the seed of the run and the position in the order. So
    random augmentation is the same in a resumed run as in one that was not interrupted.

    Args:
        dataset: an object with ``__getitem__``.
        rows: ``(N,)``, the indices of the items to use.
        kind: shape, type and labels that each item must have.
        value_range: range to which images are scaled; ``None``: (-1, 1).
        workers: number of processes that read; 0: this process reads.
    """

    def __init__(
        self,
        dataset: Any,
        rows: Tensor,
        kind: ItemKind,
        *,
        value_range: tuple[float, float] | None = None,
        workers: int = 0,
    ) -> None:
        self.size, self.workers = len(rows), workers
        self._dataset, self._rows, self._kind = dataset, rows, kind
        self._value_range = value_range or DEFAULT_RANGE
        shape = arranged(np.empty((1, *kind.shape), np.uint8), kind.layout).shape[1:]
        self.spec = SampleSpec(
            shape=tuple(shape), value_range=None if kind.layout == "vector" else self._value_range, classes=kind.classes
        )

    def read(self, wanted: Wanted) -> Raw | GpregError:
        """Samples, not yet scaled but with their axes in final order, and labels if there are any."""
        samples, labels = [], []
        numbers = self._rows[list(wanted.numbers)].tolist()
        try:
            with seeded(*wanted.key):
                for number in numbers:
                    sample, label = read_item(self._dataset, number)
                    self._check(number, sample, label)
                    samples.append(sample)
                    labels.append(label)
            batch = self._batch(numbers, samples)
        except GpregError as error:
            return error
        return batch, None if self._kind.classes is None else torch.tensor(labels)

    def finish(self, numbers: Tensor, raw: Raw, device: torch.device) -> Batch:
        """Scale the samples on the device."""
        read, labels = raw
        assert read is not None
        samples = read.to(device, non_blocking=True)
        if self._kind.span is not None:
            samples = scale_units(to_units(samples, self._kind.span), self._value_range)
        elif samples.dtype == torch.uint8:
            samples = scale_pixels(samples, self._value_range)
        return Batch(samples, None if labels is None else labels.to(device, non_blocking=True))

    def _batch(self, numbers: list[int], samples: list[Array]) -> Tensor:
        """Samples together, looked at together: their names are not made for nothing."""
        kind = self._kind
        batch = arranged(np.stack(samples), kind.layout)
        if batch.dtype == np.uint8 and kind.layout != "vector":
            return torch.from_numpy(np.ascontiguousarray(batch))
        values = torch.from_numpy(np.ascontiguousarray(batch, np.float32))
        low, high = values.aminmax()
        beyond = kind.span is not None and not kind.span[0] <= low <= high <= kind.span[1]
        if beyond or not (low.isfinite() and high.isfinite()):  # of NaN both are NaN
            self._refuse_one_of(numbers, samples)
        return values

    def _refuse_one_of(self, numbers: list[int], samples: list[Array]) -> None:
        for number, sample in zip(numbers, samples, strict=True):
            name = self._name(number)
            try:
                values = finite(sample, name)
                if self._kind.span is not None:
                    refuse_beyond(values, self._kind.span, name)
            except DataError as error:
                raise UsageError(error.message, remedy=error.remedy) from None

    def _check(self, number: int, sample: Array, label: int | None) -> None:
        kind = self._kind
        if sample.shape != kind.shape or sample.dtype != kind.dtype:
            raise unlike(sample, kind, self._name(number))
        if kind.classes is not None and not (label is not None and 0 <= label < kind.classes):
            raise UsageError(
                f"{self._name(number)} has the label {label}; there are {kind.classes} classes",
                remedy="number the classes 0, 1, 2, ...",
            )

    def _name(self, number: int) -> str:
        return f"sample {number} of {place_of(self._dataset)}"


def unlike(sample: Array, kind: ItemKind, name: str) -> UsageError:
    """The error for an item of another shape or type than the others."""
    return UsageError(
        f"{name} is {sample.shape} of {sample.dtype}, and others are {kind.shape} of {kind.dtype}",
        remedy="give all samples one shape and one type, for example by a transform that resizes",
    )


def read_item(dataset: Any, number: int) -> tuple[Array, int | None]:
    """One item's sample, and its label if that is a whole number.

    Raises:
        PluginError: reading the item fails.
        UsageError: the item has no sample that could be trained on.
    """
    try:
        item = dataset[number]
    except GpregError:
        raise
    except Exception as error:
        at = raised_at(error, source_of(dataset)) or raised_at(error)
        name = f"sample {number} of {place_of(dataset)}"
        raise PluginError(f"{name} cannot be read: {reason_of(error)}{f' ({at})' if at else ''}") from error
    several = isinstance(item, tuple | list) and len(item) > 0
    given = item[0] if several else item
    if hasattr(given, "convert") and (mode := getattr(given, "mode", "L")) not in ("L", "RGB", "F"):
        raise UsageError(
            f"sample {number} of {place_of(dataset)} is a picture of mode {mode!r}, whose numbers are no colours",
            remedy="convert it in __getitem__: image.convert('RGB'), or 'L' for grey",
        )
    sample = as_array(given)
    if sample is None or layout_of(sample.shape, sample.dtype) is None:
        came = f"a {type_name(item)}" if sample is None else f"{sample.shape} of {sample.dtype}"
        if several and sample is None:
            came = f"a {type_name(item)} that begins with a {type_name(item[0])}"
        raise UsageError(
            f"sample {number} of {place_of(dataset)} is {came}; it must be a tensor, an array or a picture, or "
            f"(sample, label): {WANTED}",
            remedy="convert it in __getitem__, or by the dataset's transform",
        )
    return sample, _label(item[1]) if several and len(item) > 1 else None


def as_array(value: object) -> Array | None:
    """Convert a tensor, an array or a PIL image into an array; ``None`` for anything else."""
    if isinstance(value, Tensor):
        if value.is_complex() or value.is_sparse:
            return None
        return (value.float() if value.dtype in (torch.bfloat16, torch.float16) else value).numpy(force=True)
    if isinstance(value, np.ndarray) or hasattr(value, "__array_interface__"):
        return np.asarray(value)
    return None


@contextmanager
def seeded(*key: int) -> Iterator[None]:
    """Seed torch, NumPy and Python by a key inside the block, and restore their random states afterwards."""
    seed = keyed_generator(*key).initial_seed()
    before = torch.get_rng_state(), np.random.get_state(), random.getstate()
    torch.default_generator.manual_seed(seed)  # of the CPU: torch.manual_seed also queues that of devices, slowly
    np.random.seed(seed % 2**32)
    random.seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
        random.setstate(before[2])


def _label(value: object) -> int | None:
    if isinstance(value, Tensor):
        value = value.item() if value.numel() == 1 else None
    elif isinstance(value, np.ndarray | np.integer):
        value = value.item() if value.size == 1 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None

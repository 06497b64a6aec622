"""Images or vectors of a NumPy ``.npz`` file."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gpreg.data.arrays import ArrayData
from gpreg.data.labels import read_labels
from gpreg.data.layout import arranged, finite, guessed_span, layout_of, refuse_beyond, to_units
from gpreg.data.pixels import DEFAULT_RANGE, scale_units
from gpreg.errors import DataError, OptionError
from gpreg.interfaces import DatasetSource, Opening
from gpreg.interfaces.dataset import Split
from gpreg_datasets.npz_file import Array, Found, list_arrays, read_arrays
from gpreg_datasets.npz_names import read_names
from gpreg_datasets.options import NpzOptions
from gpreg_datasets.printable import printable, some

NAMES = {
    "train": (
        ("x", "y"),
        ("samples", "labels"),
        ("images", "labels"),
        ("x_train", "y_train"),
        ("train_images", "train_labels"),
        ("arr_0", "arr_1"),
    ),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
}
"""Possible names of the arrays of samples and labels; the first pair whose samples exist is taken."""

RANGE = "value_range"
"""An array of two numbers, low and high, that ``gpreg sample`` writes beside images."""


class Npz(DatasetSource):
    """A dataset in the array ``x``, with labels ``y`` if there are any; the test split is ``x_test`` and ``y_test``.

    Other names are known too, see :data:`NAMES`: ``samples`` and ``labels`` are what ``gpreg sample`` writes.

    ``x`` is images of uint8, or of floats that span the option ``span``: ``(N, C, H, W)``, or ``(N, H, W, C)`` with 1
    or 3 channels, or ``(N, H, W)`` of more than 4 grey ones; or it is vectors ``(N, d)`` of any real type, which are
    left alone. ``y`` is ``(N,)`` of integers from 0; an array ``class_names`` of texts says what they are called.

    Without the option, floats span what the array ``value_range`` says; else (-1, 1) if some are below 0, which is
    told; else (0, 1).
    """

    def __init__(self, options: NpzOptions) -> None:
        self._options = options

    def open(self, opening: Opening) -> ArrayData:
        """Read the arrays of one split. Pickled objects are refused.

        Raises:
            OptionError: no file is given, ``span`` is not low, high, or vectors would be mirrored.
            DataError: the file is missing or damaged, or an array is missing or of the wrong shape, type or range.
        """
        if self._options.file is None:
            raise OptionError("npz has no file", remedy="give the option file=PATH (-D file=PATH)")
        path = self._options.file.expanduser()
        found = list_arrays(path)
        x, y = _pick(path, found, opening.split)
        arrays = read_arrays(path, {name: found[name] for name in (x, y, RANGE) if name in found})
        name = f"{x} of {printable(path)}"
        if not arrays[x].size:
            raise DataError(f"{name} is empty: its shape is {arrays[x].shape}", remedy="save it with samples in it")
        notes: list[str] = []
        samples = _in_order(arrays[x], name, notes)
        labels = read_labels(arrays[y], len(samples), f"{y} of {printable(path)}", notes) if y in arrays else None
        data = self._data(
            samples,
            labels,
            classes=None
            if labels is None
            else max(int(labels.max()) + 1, self._training_classes(path, found, opening.split)),
            declared=arrays.get(RANGE),
            mirror=self._options.mirror and opening.split == "train",
            value_range=opening.value_range,
            name=name,
            notes=notes,
        )
        data.class_names = read_names(path, found, data.spec.classes)
        data.notes = tuple(notes)
        data.record = {"file": printable(path.absolute()), "samples": x, "labels": y if y in arrays else None}
        data.fingerprint = "-".join(f"{found[part].checksum:08x}" for part in (x, y) if part in arrays)
        return data

    def _data(
        self,
        samples: Array,
        labels: Tensor | None,
        *,
        classes: int | None,
        declared: Array | None,
        mirror: bool,
        value_range: tuple[float, float] | None,
        name: str,
        notes: list[str],
    ) -> ArrayData:
        if samples.ndim == 2:
            if mirror:
                raise OptionError(f"{name} is vectors, which cannot be mirrored", remedy="leave out mirror=true")
            return ArrayData(finite(samples, name), labels, classes=classes)
        if samples.dtype == np.uint8:
            pixels = torch.from_numpy(np.ascontiguousarray(samples))
            return ArrayData(
                pixels,
                labels,
                classes=classes,
                value_range=value_range,
                pixel_rule=self._options.pixel_rule,
                mirror=mirror,
            )
        units = self._to_units(finite(samples, name), name, declared, notes)
        images = scale_units(units, value_range or DEFAULT_RANGE)
        return ArrayData(images, labels, classes=classes, value_range=value_range or DEFAULT_RANGE, mirror=mirror)

    def _training_classes(self, path: Path, found: dict[str, Found], split: Split) -> int:
        """The number of classes of the training split, which the test split may not show; 0 if it is unknown."""
        if split == "train" or not any(x in found for x, _ in NAMES["train"]):
            return 0
        x, y = _pick(path, found, "train")
        if y not in found or found[y].problem or not found[x].shape:
            return 0
        labels = read_arrays(path, {y: found[y]})[y]
        return int(read_labels(labels, found[x].shape[0], f"{y} of {printable(path)}", []).max()) + 1

    def _to_units(self, images: Tensor, name: str, declared: Array | None, notes: list[str]) -> Tensor:
        found_low, found_high = images.min().item(), images.max().item()
        low, high = (float(np.float32(end)) for end in self._span(declared, found_low, found_high, name, notes))
        if declared is not None and self._options.span is None:  # an unbounded generator exceeds its range slightly
            if beyond := int(((images < low) | (images > high)).sum()):
                notes.append(f"{beyond:,} values of {name} are beyond {low:g} to {high:g} and are clipped")
                images = images.clamp_(low, high)
        else:
            refuse_beyond(images, (low, high), name)
        return to_units(images, (low, high))

    def _span(
        self, declared: Array | None, low: float, high: float, name: str, notes: list[str]
    ) -> tuple[float, float]:
        if self._options.span is not None:
            if not self._options.span[0] < self._options.span[1]:
                told = f"{self._options.span[0]:g}, {self._options.span[1]:g}"
                raise OptionError(f"option 'span' of npz is {told}; low must be below high")
            return self._options.span
        if declared is not None:
            if declared.shape != (2,) or not np.isfinite(declared).all() or not declared[0] < declared[1]:
                raise DataError(
                    f"the array {RANGE} beside {name} is no low, high", remedy="give the option span=LOW,HIGH"
                )
            return float(declared[0]), float(declared[1])
        return guessed_span(low, high, name, notes)


def _pick(path: Path, found: dict[str, Found], split: Split) -> tuple[str, str]:
    """The names of samples and labels.

    Raises:
        DataError: no array has any of the names.
    """
    for x, y in NAMES[split]:
        if x in found:
            return x, y
    first, *others = [x for x, _ in NAMES[split]]
    raise DataError(
        f"{printable(path)} has no array {first!r}, only {some(list(found), 8) or 'nothing'}",
        remedy=f"save it with np.savez({first}=...), or as {' or '.join(others)}",
    )


def _in_order(x: Array, name: str, notes: list[str]) -> Array:
    """Images as ``(N, C, H, W)``, vectors as they are.

    Raises:
        DataError: it is neither.
    """
    layout = layout_of(x.shape[1:], x.dtype)
    if layout == "channels last":
        notes.append(f"{name} is {x.shape} and is taken for (N, height, width, channels)")
    elif layout == "grey" and len(x) > 4:
        notes.append(f"{name} is {x.shape} and is taken for (N, height, width), grey")
    elif layout == "grey":
        layout = None  # this is more likely one image without an axis of samples
    if layout is not None:
        return arranged(x, layout)
    raise DataError(
        f"{name} is {x.shape} of {x.dtype}; it must be (N, C, H, W) of uint8 or floats, or (N, d) of numbers",
        remedy="convert it: images in the order channels, height, width",
    )

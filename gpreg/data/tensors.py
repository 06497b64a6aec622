"""Convert the user's tensors and arrays ``(N, *x)``, with labels or without, into data in memory."""

import zlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gpreg.data.arrays import ArrayData
from gpreg.data.items import as_array
from gpreg.data.labels import read_labels
from gpreg.data.layout import WANTED, Array, Layout, arranged, finite, guessed_span, layout_of, refuse_beyond, to_units
from gpreg.data.pixels import DEFAULT_RANGE, scale_units
from gpreg.errors import UsageError
from gpreg.interfaces import Data
from gpreg.registry.wording import type_name


class GivenArrays:
    """Samples ``(N, *x)``, with labels or without."""

    def __init__(self, given: Any, name: str, span: tuple[float, float] | None) -> None:
        samples, labels = given if isinstance(given, tuple) else (given, None)
        self._name, self._span = name, span
        array, numbers = as_array(samples), None if labels is None else as_array(labels)
        assert array is not None
        self._samples, self._labels = array, numbers
        if labels is not None and numbers is None:
            raise UsageError(f"the labels are a {type_name(labels)}; they must be a tensor or an array (N,)")

    def look(self) -> tuple[tuple[int, ...], int | None, int]:
        """Shape of a sample, number of classes, number of samples."""
        one = arranged(self._samples[:1], self._layout())
        labels = self._labels
        known = labels is not None and labels.dtype.kind in "ui" and labels.size > 0
        return tuple(one.shape[1:]), int(labels.max()) + 1 if known and labels is not None else None, len(self._samples)

    def _layout(self) -> Layout:
        shape, dtype = self._samples.shape, self._samples.dtype
        layout = layout_of(shape[1:], dtype)
        if layout is None or 0 in shape:
            raise UsageError(
                f"{self._name} is {shape} of {dtype}; each of its samples must be one of {WANTED}",
                remedy="reshape or convert it",
            )
        return layout

    def data(self, rows: Tensor, value_range: tuple[float, float] | None, *, workers: int) -> Data:
        """The samples with the indices ``rows``, as data in memory."""
        notes: list[str] = []
        samples, layout = self._samples, self._layout()
        labels = None
        if self._labels is not None:
            labels = read_labels(self._labels, len(samples), f"the labels of {self._name}", notes)
        classes = None if labels is None else int(labels.max()) + 1
        fingerprint = _checksum(samples, self._labels)
        chosen = arranged(samples[rows.numpy()], layout)
        if layout == "channels last":
            notes.append(f"{self._name} is {samples.shape} and is taken for (N, height, width, channels)")
        data = self._held(chosen, None if labels is None else labels[rows], classes, value_range, notes)
        data.fingerprint, data.notes = fingerprint, tuple(notes)
        data.record = {"given": self._name, "samples": len(samples), "checksum": fingerprint}
        return data

    def _held(
        self,
        chosen: Array,
        labels: Tensor | None,
        classes: int | None,
        value_range: tuple[float, float] | None,
        notes: list[str],
    ) -> ArrayData:
        if chosen.ndim == 2:
            return ArrayData(finite(chosen, self._name), labels, classes=classes)
        if chosen.dtype == np.uint8:
            pixels = torch.from_numpy(np.ascontiguousarray(chosen))
            return ArrayData(pixels, labels, classes=classes, value_range=value_range)
        images, low, high = finite(chosen, self._name), float(self._samples.min()), float(self._samples.max())
        span = self._span or guessed_span(low, high, self._name, notes)
        refuse_beyond(images, span, self._name)
        scaled = scale_units(to_units(images, span), value_range or DEFAULT_RANGE)
        return ArrayData(scaled, labels, classes=classes, value_range=value_range or DEFAULT_RANGE)


def _checksum(*arrays: Array | None) -> str:
    return "-".join(f"{zlib.crc32(np.ascontiguousarray(a).data):08x}" for a in arrays if a is not None)

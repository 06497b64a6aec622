"""Find out shape, type and labels of a torch Dataset's items, from a few items and the dataset's attributes."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gpreg.data.arrays import count_classes
from gpreg.data.items import ItemKind, StreamedItems, as_array, read_item, seeded, unlike
from gpreg.data.layout import Array, arranged, guessed_span, layout_of
from gpreg.errors import UsageError
from gpreg.interfaces import Data
from gpreg.registry.wording import shown

LOOKED_AT = 16
"""How many items are read before a run begins, the first and the last among them."""


class GivenItems:
    """The items of a torch Dataset."""

    def __init__(self, dataset: Any, name: str, span: tuple[float, float] | None) -> None:
        self._dataset, self._name, self._span = dataset, name, span

    def look(self) -> tuple[tuple[int, ...], int | None, int]:
        """Shape of a sample and number of classes, judged by the first item, and number of samples."""
        with seeded(0):
            sample, label = read_item(self._dataset, 0)
        layout = layout_of(sample.shape, sample.dtype)
        assert layout is not None
        classes = self._number_of_classes() if label is not None else None
        return tuple(arranged(sample[None], layout).shape[1:]), classes, len(self._dataset)

    def _number_of_classes(self) -> int | None:
        names, targets = getattr(self._dataset, "classes", None), _targets(self._dataset)
        if isinstance(names, list | tuple) and names:
            return len(names)
        for number in (names, getattr(self._dataset, "num_classes", None)):
            if isinstance(number, int) and number > 0:
                return number
        return None if targets is None else int(targets.max()) + 1

    def data(self, rows: Tensor, value_range: tuple[float, float] | None, *, workers: int) -> Data:
        """The items with the indices ``rows`` as a dataset whose items are read while the networks train."""
        size, notes = len(self._dataset), list[str]()
        looked = torch.linspace(0, size - 1, min(LOOKED_AT, size), dtype=torch.float64).long().unique()
        kind, labelled, low, high = _describe(self._dataset, looked.tolist(), self._name)
        if kind.layout != "vector" and kind.dtype.kind == "f":
            kind = replace(kind, span=self._span or guessed_span(low, high, self._name, notes))
        targets, names = _targets(self._dataset), getattr(self._dataset, "classes", None)
        classes = self._number_of_classes() if labelled else None
        if labelled and classes is None:
            notes.append(
                f"the labels of {self._name} are not used: how many classes there are is told neither by its attribute "
                "classes nor by targets"
            )
        kind = replace(kind, classes=classes)
        data = StreamedItems(self._dataset, rows, kind, value_range=value_range, workers=workers)
        if classes is not None:
            if targets is not None and targets.shape == (size,) and targets.max() < classes:
                data.class_counts = count_classes(torch.from_numpy(targets.astype(np.int64))[rows], classes)
            if isinstance(names, list | tuple) and all(isinstance(each, str) for each in names):
                data.class_names = tuple(names)
        data.notes = tuple(notes)
        data.record = {"given": self._name, "samples": size}
        return data


def _describe(dataset: Any, numbers: list[int], name: str) -> tuple[ItemKind, bool, float, float]:
    """The kind of the items, whether they have labels, and their smallest and largest value, judged by a few items.

    Raises:
        UsageError, PluginError: an item cannot be read, is no sample, or differs in shape or type from the first.
    """
    with seeded(0):
        looked = [(number, *read_item(dataset, number)) for number in numbers]
    _, first, _ = looked[0]
    layout = layout_of(first.shape, first.dtype)
    assert layout is not None
    kind = ItemKind(shape=first.shape, dtype=first.dtype, layout=layout)
    for number, sample, _ in looked:
        if sample.shape != first.shape or sample.dtype != first.dtype:
            raise unlike(sample, kind, f"sample {number} of {name}")
        if sample.dtype.kind == "f" and not np.isfinite(sample).all():
            raise UsageError(
                f"sample {number} of {name} has {shown(sample[~np.isfinite(sample)][0].item())} in it",
                remedy="remove or replace what is not finite",
            )
    low, high = (min(s.min() for _, s, _ in looked), max(s.max() for _, s, _ in looked)) if first.size else (0, 0)
    return kind, all(label is not None for *_, label in looked), float(low), float(high)


def _targets(dataset: Any) -> Array | None:
    """All labels, if the dataset has the attribute ``targets`` (as in torchvision), so that no item must be read."""
    found = getattr(dataset, "targets", None)
    if isinstance(found, list) and all(isinstance(each, int) for each in found):
        found = np.asarray(found, np.int64)
    array = as_array(found)
    return array if array is not None and array.dtype.kind in "ui" and array.size else None

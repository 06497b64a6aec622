"""Labels of an ``.npz`` file, and what they are called."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gpreg.errors import DataError
from gpreg_datasets.npz_file import Array, Found, read_arrays
from gpreg_datasets.printable import some

CLASS_NAMES = "class_names"
"""An array of texts that ``gpreg sample`` writes beside labels."""

FEW_CLASSES = 1000
"""Up to so many classes, labels that no sample has cost little, and are told; beyond, half must be there."""


def read_labels(y: Array, samples: int, name: str, notes: list[str]) -> Tensor:
    """``(N,)`` of int64.

    Args:
        y: ``(N,)`` or ``(N, 1)`` of integers from 0.
        samples: N.
        name: of the array, in errors.
        notes: are told of labels that no sample has.

    Raises:
        DataError: of another shape, type or range, or so large that most classes would have no sample.
    """
    flat = y[:, 0] if y.shape == (samples, 1) else y
    if flat.shape != (samples,) or flat.dtype.kind not in "ui" or flat.min() < 0:
        raise DataError(
            f"{name} is {y.shape} of {y.dtype}; it must be ({samples},) of integers from 0, one for each sample",
            remedy="number the classes 0, 1, 2, ...",
        )
    there, classes = np.unique(flat), int(flat.max()) + 1
    if classes > max(FEW_CLASSES, 2 * len(there)):
        raise DataError(
            f"{name} has {len(there):,} different labels, and the largest is {classes - 1:,}: there would be "
            f"{classes:,} classes, most of them without a sample",
            remedy="number the classes 0, 1, 2, ...: np.unique(y, return_inverse=True)[1]",
        )
    if len(there) < classes:
        missing = sorted(set(range(classes)) - set(there.tolist()))
        notes.append(f"{name} has no sample of the labels {some([str(label) for label in missing], 8)}")
    return torch.from_numpy(flat.astype(np.int64))


def read_names(path: Path, found: Mapping[str, Found], classes: int | None) -> tuple[str, ...] | None:
    """What the labels are called, by the array ``class_names``, a text for each; ``None`` where it is of no use.

    Raises:
        DataError: the array is damaged.
    """
    own = found.get(CLASS_NAMES)
    if classes is None or own is None or own.dtype.kind != "U" or len(own.shape) != 1 or own.shape[0] < classes:
        return None
    names = read_arrays(path, {CLASS_NAMES: own}, kinds="U")[CLASS_NAMES]
    return tuple(map(str, names[:classes]))  # the last ones may have no sample here

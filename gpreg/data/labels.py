"""Convert the user's labels into ``(N,)`` of int64 from 0."""

import numpy as np
import torch
from torch import Tensor

from gpreg.data.layout import Array
from gpreg.errors import DataError

FEW_CLASSES = 1000
"""With more classes than this, at least half of them must have samples; with fewer, a note names the empty ones."""


def read_labels(y: Array, samples: int, name: str, notes: list[str]) -> Tensor:
    """Check labels, and return them as ``(N,)`` of int64.

    Args:
        y: ``(N,)`` or ``(N, 1)`` of integers from 0.
        samples: N, the number of samples.
        name: name of the array, for errors.
        notes: list to which a note on labels without samples is added.

    Raises:
        DataError: shape, type or range are wrong, or so large a label occurs that most classes would be empty.
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
        more = f" and {len(missing) - 8:,} more" if len(missing) > 8 else ""
        notes.append(f"{name} has no sample of the labels {', '.join(map(str, missing[:8]))}{more}")
    return torch.from_numpy(flat.astype(np.int64))

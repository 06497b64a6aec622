"""Read the names of the labels from an ``.npz`` file."""

from collections.abc import Mapping
from pathlib import Path

from gpreg_datasets.npz_file import Found, read_arrays

CLASS_NAMES = "class_names"
"""An array of texts that ``gpreg sample`` writes beside labels."""


def read_names(path: Path, found: Mapping[str, Found], classes: int | None) -> tuple[str, ...] | None:
    """The names of the labels by the array ``class_names``; ``None`` if it is missing or does not fit.

    Raises:
        DataError: the array is damaged.
    """
    array = found.get(CLASS_NAMES)
    if classes is None or array is None or array.dtype.kind != "U" or len(array.shape) != 1 or array.shape[0] < classes:
        return None
    names = read_arrays(path, {CLASS_NAMES: array}, kinds="U")[CLASS_NAMES]
    return tuple(map(str, names[:classes]))  # the last classes may have no samples in this file

"""What the labels of an ``.npz`` file are called."""

from collections.abc import Mapping
from pathlib import Path

from gpreg_datasets.npz_file import Found, read_arrays

CLASS_NAMES = "class_names"
"""An array of texts that ``gpreg sample`` writes beside labels."""


def read_names(path: Path, found: Mapping[str, Found], classes: int | None) -> tuple[str, ...] | None:
    """What the labels are called, by the array ``class_names``, a text for each; ``None`` where it is of no use.

    Raises:
        DataError: the array is damaged.
    """
    array = found.get(CLASS_NAMES)
    if classes is None or array is None or array.dtype.kind != "U" or len(array.shape) != 1 or array.shape[0] < classes:
        return None
    names = read_arrays(path, {CLASS_NAMES: array}, kinds="U")[CLASS_NAMES]
    return tuple(map(str, names[:classes]))  # the last ones may have no sample here

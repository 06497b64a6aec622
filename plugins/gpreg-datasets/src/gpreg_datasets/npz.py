"""Images or vectors of a NumPy ``.npz`` file."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpreg.errors import DataError, OptionError
from gpreg.interfaces import DatasetSource
from gpreg.interfaces.dataset import Split
from gpreg_datasets.arrays import ArrayData
from gpreg_datasets.options import NpzOptions
from gpreg_datasets.pixels import DEFAULT_RANGE, scale_units

Array = NDArray[np.generic]


class Npz(DatasetSource):
    """Array ``x``, with labels ``y`` if there are any; the test split is ``x_test`` and ``y_test``.

    ``x`` is ``(N, C, H, W)``, images of uint8, or of floats that span the option ``span``; or ``(N, d)``, vectors of
    any real type, which are left alone. ``y`` is ``(N,)`` of integers from 0.
    """

    def __init__(self, options: NpzOptions) -> None:
        self._options = options

    def open(
        self,
        *,
        root: Path | None = None,
        download: bool = False,
        split: Split = "train",
        value_range: tuple[float, float] | None = None,
    ) -> ArrayData:
        """Read the arrays of one split. Pickled objects are refused.

        Raises:
            OptionError: no file is given, or ``span`` is not low, high.
            DataError: the file is missing or damaged, or an array is missing or of the wrong shape, type or range.
        """
        if self._options.file is None:
            raise OptionError("npz has no file", remedy="give the option file=PATH")
        path, suffix = self._options.file.expanduser(), {"train": "", "test": "_test"}[split]
        x, y = _read(path, f"x{suffix}", f"y{suffix}")
        labels = None if y is None else _labels(y, len(x), f"y{suffix} of {path}")
        classes = None if labels is None else int(labels.max()) + 1
        name = f"x{suffix} of {path}"
        if x.ndim == 2 and x.dtype.kind in "uif":
            return ArrayData(_finite(x, name), labels, classes=classes)
        if x.ndim == 4 and x.dtype == np.uint8:
            return ArrayData(torch.from_numpy(x), labels, classes=classes, value_range=value_range)
        if x.ndim == 4 and x.dtype.kind == "f":
            images = scale_units(self._to_units(_finite(x, name), name), value_range or DEFAULT_RANGE)
            return ArrayData(images, labels, classes=classes, value_range=value_range or DEFAULT_RANGE)
        raise DataError(
            f"{name} is {x.shape} of {x.dtype}; it must be (N, C, H, W) of uint8 or floats, or (N, d) of numbers",
            remedy="convert it: images in the order channels, height, width",
        )

    def _to_units(self, images: Tensor, name: str) -> Tensor:
        low, high = (float(np.float32(end)) for end in self._options.span)  # as the images are rounded
        if not low < high:
            raise OptionError(f"option 'span' of npz is {low:g}, {high:g}; low must be below high")
        found_low, found_high = images.min().item(), images.max().item()
        if found_low < low or found_high > high:
            raise DataError(
                f"{name} spans {found_low:g} to {found_high:g}, and the option span says {low:g} to {high:g}",
                remedy="give the option span=LOW,HIGH",
            )
        return images.sub_(low).div_(high - low)


def _read(path: Path, x: str, y: str) -> tuple[Array, Array | None]:
    try:
        with path.open("rb") as file:
            named = np.load(file, allow_pickle=False)
            if not isinstance(named, np.lib.npyio.NpzFile):
                raise ValueError("it holds a single array, not named ones")
            if x not in named:
                raise DataError(
                    f"{path} has no array {x!r}, only {', '.join(named) or 'nothing'}",
                    remedy=f"save it with np.savez({x}=...)",
                )
            arrays = named[x], named.get(y)
    except FileNotFoundError as error:
        raise DataError(f"npz is not there: looked for {path}", remedy="give the option file=PATH") from error
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read: {error}", remedy="save it anew with np.savez, and without pickled objects"
        ) from error
    if not len(arrays[0]):
        raise DataError(f"{x} of {path} is empty")
    return arrays


def _labels(y: Array, samples: int, name: str) -> Tensor:
    if y.shape != (samples,) or y.dtype.kind not in "ui" or y.min() < 0:
        raise DataError(
            f"{name} is {y.shape} of {y.dtype}; it must be ({samples},) of integers from 0, one for each sample",
            remedy="number the classes 0, 1, 2, ...",
        )
    return torch.from_numpy(y.astype(np.int64))


def _finite(x: Array, name: str) -> Tensor:
    values = torch.from_numpy(x.astype(np.float32))
    if not values.isfinite().all():
        raise DataError(f"{name} has values that are not finite", remedy="remove or replace them")
    return values

"""Write arrays part by part into an ``.npz`` file, which is written whole or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
from torch import Tensor

Write = Callable[["Tensor | np.ndarray[Any, Any]"], object]


@contextmanager
def member(archive: ZipFile, name: str, shape: tuple[int, ...], dtype: "np.dtype[np.generic]") -> Iterator[Write]:
    """Open an array of an ``.npz`` file, to write part by part; equal numbers give equal bytes."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, header)
        yield lambda part: file.write(_host(part).astype(dtype, copy=False).tobytes())


def _host(part: "Tensor | np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return part.cpu().numpy() if isinstance(part, Tensor) else part

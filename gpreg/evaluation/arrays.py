"""Arrays written part by part into an ``.npz`` that is whole or not there."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
from torch import Tensor

from gpreg.runs.atomic import storage

Write = Callable[["Tensor | np.ndarray[Any, Any]"], object]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place when all went well."""
    with storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        try:
            yield partial
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def member(archive: ZipFile, name: str, shape: tuple[int, ...], dtype: "np.dtype[np.generic]") -> Iterator[Write]:
    """An array of an ``.npz``, written part by part; the same bytes for the same numbers."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, header)
        yield lambda part: file.write(_host(part).astype(dtype, copy=False).tobytes())


def _host(part: "Tensor | np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return part.cpu().numpy() if isinstance(part, Tensor) else part

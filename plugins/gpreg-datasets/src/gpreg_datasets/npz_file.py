"""Read arrays of an ``.npz`` file such that no file can run code or fill the memory."""

import stat
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpreg.errors import DataError
from gpreg_datasets.printable import printable

Array = NDArray[np.generic]

SUSPICIOUS_BYTES, SUSPICIOUS_RATIO = 2**28, 200
"""An array that is larger than this many bytes, and than so many times its packed size, is refused as a decompression
bomb."""

MOST_ARRAYS = 10_000
"""Most arrays in one file."""


class Found(NamedTuple):
    """An array that a file declares, the checksum of its content, and the reason if it cannot be read."""

    shape: tuple[int, ...]
    dtype: "np.dtype[np.generic]"
    checksum: int
    problem: str | None = None


def list_arrays(path: Path) -> dict[str, Found]:
    """The arrays in a file, by name; nothing but their headers is read.

    Raises:
        DataError: the file is missing, or is no ``.npz``.
    """
    with _opened(path) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        if len(members) > MOST_ARRAYS:
            raise _damaged(path, ValueError(f"it has {len(members):,} arrays"))
        return {member.filename.removesuffix(".npy"): _declared(archive, member) for member in members}


def read_arrays(path: Path, names: Mapping[str, Found], *, kinds: str = "buif") -> dict[str, Array]:
    """Some of the arrays of a file, whole.

    Args:
        path: path of the file.
        names: the arrays by name, as :func:`list_arrays` returns them.
        kinds: NumPy's letters of the types that are accepted; by default numbers; ``"U"`` is text.

    Raises:
        DataError: one is damaged, or of another kind, or is a decompression bomb.
    """
    arrays: dict[str, Array] = {}
    with _opened(path) as archive:
        for name, found in names.items():
            if found.problem:
                raise _damaged(path, ValueError(f"{name}: {found.problem}"))
            if found.dtype.kind not in kinds or found.dtype.hasobject:
                raise DataError(
                    f"{name} of {printable(path)} cannot be read: it holds {found.dtype}, no numbers",
                    remedy="save it anew with np.savez, as numbers, and without pickled objects",
                )
            try:
                arrays[name] = _read(archive, f"{name}.npy", found)
            except Exception as error:  # zipfile and NumPy may raise anything for damaged files
                raise _damaged(path, error) from error
    return arrays


def _declared(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Found:
    try:
        with archive.open(member) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, dtype = _header(file)
    except Exception as error:  # reported only if this array is read
        return Found((), np.dtype(object), member.CRC, f"{type(error).__name__}: {error}")
    return Found(shape, dtype, member.CRC)


def _read(archive: zipfile.ZipFile, name: str, found: Found) -> Array:
    member = archive.getinfo(name)
    size = int(np.prod([int(n) for n in found.shape], dtype=object)) * found.dtype.itemsize
    if size > member.file_size:
        raise ValueError(f"{name} is shorter than the {found.shape} of {found.dtype} that it says it holds")
    if size > SUSPICIOUS_BYTES and size > SUSPICIOUS_RATIO * member.compress_size:
        raise ValueError(f"{name} unpacks {member.compress_size:,} bytes to {size:,}, as a decompression bomb does")
    with archive.open(member) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote
        array: Array = np.lib.format.read_array(file, allow_pickle=False)
        while file.read(2**20):  # to the end, where the checksum is verified
            pass
    return array


def _opened(path: Path) -> zipfile.ZipFile:
    """The archive.

    Raises:
        DataError: there is none.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{printable(path)} is no file", remedy="give the option file=PATH of an .npz file")
        with path.open("rb") as file:
            single = file.read(6) == b"\x93NUMPY"
        if single:
            raise ValueError("it holds a single array, not named ones")
        return zipfile.ZipFile(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(
            f"npz is not there: looked for {printable(path)}", remedy="give the option file=PATH"
        ) from error
    except DataError:
        raise
    except Exception as error:
        raise _damaged(path, error) from error


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], "np.dtype[np.generic]"]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"version {version} of NumPy's format has no arrays of numbers")
    if any(length < 0 for length in shape):
        raise ValueError(f"an array has the shape {shape}")
    return shape, dtype


def _damaged(path: Path, error: Exception) -> DataError:
    told = f"{type(error).__name__}: {error}"[:300] if not isinstance(error, ValueError | OSError) else str(error)[:300]
    return DataError(
        f"{printable(path)} cannot be read: {printable(told)}",
        remedy="save it anew with np.savez, without a password and without pickled objects",
    )

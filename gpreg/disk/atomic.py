"""Files that are whole or not there: written beside their place, flushed to the disk, then renamed into it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from gpreg.disk.refusal import storage

_PARTIAL = ".*.partial"


def partial_beside(path: Path) -> Path:
    """A name for what is still being written, in the same folder, which nobody can foresee."""
    return path.with_name(f".{token_hex(8)}.partial")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of ``path`` when all went well, and is gone otherwise.

    What ``path`` names is replaced itself: a link there is not followed. Use it inside :func:`storage`.

    Raises:
        OSError: the old file, if any, is left as it was.
    """
    partial = partial_beside(path)
    try:
        with partial.open("xb") as file:  # "x" follows no link either
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):  # a read-only disk refuses that too, and what it refused first is what to report
            partial.unlink(missing_ok=True)


def write(path: Path, content: bytes | str) -> None:
    """Replace a file by new content, all at once.

    Raises:
        StorageError: the old file, if any, is left as it was.
    """
    with storage(path), replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a loss of power, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, a link itself, or a folder with all that it holds; nothing is there afterwards.

    Raises:
        OSError: it stays.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clear_partials(folder: Path) -> None:
    """Remove what killed processes have left half written in a folder; call it only while nobody else writes there."""
    for partial in folder.glob(_PARTIAL):
        remove(partial)

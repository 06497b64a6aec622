"""Files that are whole or not there: written beside their place, flushed to the disk, then renamed into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpreg.errors import GpregError


class StorageError(GpregError):
    """The disk is full, or the folder cannot be written."""


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Say which file could not be written.

    Raises:
        StorageError: instead of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"cannot write {path}: {reason}; what was saved before is untouched",
            remedy="free some space or choose another folder with --out; `gpreg resume RUN` continues a run from its "
            "last checkpoint",
        ) from error


def write(path: Path, content: bytes | str) -> None:
    """Replace a file by new content, all at once.

    Raises:
        StorageError: the old file, if any, is left as it was.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with storage(path):
            with partial.open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # a read-only disk refuses that too, and what it refused first is what to report
            partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a loss of power, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

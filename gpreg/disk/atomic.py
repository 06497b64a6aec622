"""Write files whole or not at all: into a temporary file beside, which is flushed and then renamed."""

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
    """An unpredictable name in the same folder, for a file that is still being written."""
    return path.with_name(f".{token_hex(8)}.partial")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write into; it replaces ``path`` if the block succeeds, and is removed otherwise.

    If ``path`` is a link, the link itself is replaced. Use this inside :func:`storage`.

    Raises:
        OSError: writing failed; an old file is left as it was.
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
        with suppress(OSError):  # a read-only disk refuses this too, but the first error is the one to report
            partial.unlink(missing_ok=True)


@contextmanager
def creating(path: Path) -> Iterator[BinaryIO]:
    """As :func:`replacing`; missing folders are made.

    Raises:
        StorageError: writing failed; an old file is left as it was.
    """
    with storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            yield file


def write(path: Path, content: bytes | str) -> None:
    """Replace a file by new content, all at once.

    Raises:
        StorageError: writing failed; an old file is left as it was.
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
    """Remove a file, a link (not its target) or a folder with its content, if it exists.

    Raises:
        OSError: it cannot be removed.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clear_partials(folder: Path) -> None:
    """Remove half-written files of killed processes from a folder; only while no other process writes there."""
    for partial in folder.glob(_PARTIAL):
        remove(partial)

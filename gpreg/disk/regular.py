"""Open regular files only: links are not followed, and pipes and devices are refused instead of waited for."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gpreg.disk.refusal import found
from gpreg.errors import UsageError

_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
}


class NotRegular(UsageError):  # noqa: N818 -- says what it is
    """A link, pipe or device is where a run should have a file or a folder."""


class TooLarge(UsageError):  # noqa: N818 -- says what it is
    """A file is longer than any valid one, and might fill the memory."""


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """Open a regular file for the block, and give its descriptor.

    Args:
        path: path of the file; its folders may be links, the file itself must not be one.
        flags: as :func:`os.open` takes them; without ``O_CREAT`` the file must exist.

    Raises:
        NotRegular: it is a link, a pipe, a device or a folder.
        OSError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, flags | _PLAIN, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.EMLINK):
            raise _refused(path, os.lstat(path).st_mode, "a file") from error
        raise
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _refused(path, mode, "a file")
        yield descriptor
    finally:
        os.close(descriptor)


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """The content of a regular file.

    Args:
        path: path of the file.
        most: most bytes that such a file can have; a longer one, even a sparse one, is not read.

    Raises:
        NotRegular: it is a link, a pipe, a device or a folder.
        TooLarge: it is longer than ``most``.
        OSError: it cannot be read.
    """
    with opened(path) as descriptor, open(descriptor, "rb", closefd=False) as file:
        if most is None:
            return file.read()
        if os.fstat(descriptor).st_size <= most and len(content := file.read(most + 1)) <= most:
            return content
    raise TooLarge(f"{path} has more than {most:,} bytes, as no such file of a run has; it was not read")


def read_text(path: Path, most: int | None = None) -> str:
    """The text of a regular file; arguments are those of :func:`read_bytes`.

    Raises:
        UsageError: it cannot be read, is longer than ``most``, or is no UTF-8 text.
    """
    try:
        with found(path):
            return read_bytes(path, most).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text: {error.reason} at byte {error.start:,}") from error


def check_regular(folder: Path, inside: Iterable[str] = ()) -> None:
    """Check that a folder contains nothing but files and folders.

    Args:
        folder: the folder to check.
        inside: names of folders in it to check as well, if they exist.

    Raises:
        NotRegular: it contains a link, a pipe or a device.
        UsageError: the folder cannot be read.
    """
    with found(folder), os.scandir(folder) as entries:
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise _refused(Path(entry.path), mode, "a file or a folder")
    for name in inside:
        place = folder / name
        if place.is_dir():
            check_regular(place)
        elif place.exists():
            raise _refused(place, place.lstat().st_mode, "a folder")


def kind_of(mode: int) -> str:
    """What something in the file system is, in words, by its mode."""
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def _refused(path: Path, mode: int, wanted: str) -> NotRegular:
    return NotRegular(
        f"{path} is {kind_of(mode)}, where {wanted} belongs; nothing was read from it or written to it",
        remedy="a run's folder holds files and folders alone: remove it, or put the file itself there",
    )

"""Turn errors of the file system into errors of gpreg that name the file and a remedy."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpreg.errors import StorageError, UsageError

_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_HELPS = {
    errno.EACCES: "make the folder writable",
    errno.EPERM: "make the folder writable",
    errno.EROFS: "mount its file system for writing",
    errno.ENOENT: "make the folder that is missing",
    errno.ENOTDIR: "a part of its name is a file, no folder: move that",
    errno.EMFILE: "raise the limit of open files, as with `ulimit -n 4096`",
    errno.ENFILE: "close other programs: the system has no open files left",
    errno.EIO: "look at the disk: it reports a fault",
}


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of writing inside the block into an error with the path and a remedy.

    Raises:
        StorageError: instead of an ``OSError``.
        UsageError: the name is longer than the file system allows.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise too_long(path) from error
        reason = error.strerror or str(error)
        helps = "free some space" if error.errno in _SPACE else _HELPS.get(error.errno or 0, "mend that")
        raise StorageError(
            f"cannot write {path}: {reason}; what was saved before is untouched",
            remedy=f"{helps}, or choose another folder with --out; `gpreg resume RUN` continues a run from its last "
            "checkpoint",
        ) from error


@contextmanager
def found(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of reading inside the block into an error with the path.

    Raises:
        UsageError: instead of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise too_long(path) from error
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def too_long(path: Path) -> UsageError:
    """The error for a name that is longer than the file system allows."""
    longest = max(map(len, path.parts), default=0)
    short = f"{str(path)[:60]}..." if len(str(path)) > 60 else str(path)
    return UsageError(
        f"the name {short} is longer than the file system allows: it has {len(str(path)):,} characters, "
        f"{longest:,} of them in one part",
        remedy="choose a shorter name: most file systems allow 255 bytes between two slashes",
    )

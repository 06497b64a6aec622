"""A lock on a run's folder, so that one process writes to it; the system releases it when that process ends."""

import errno
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gpreg.disk.refusal import storage
from gpreg.disk.regular import opened
from gpreg.errors import UsageError

LOCK = ".gpreg.lock"

_log = logging.getLogger(__name__)

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Lock a run's folder inside the block, so that no other process writes to it.

    The lock is an ``flock`` on an open file. The mere existence of the file locks nothing, so that a killed process or
    a copy of the folder blocks nobody. Processes forked inside the block, such as data workers, do not share the lock.

    Args:
        folder: the run's folder, which must exist. If its file system has no locks, a warning is logged.

    Raises:
        UsageError: another process writes to the folder; names it.
        StorageError: the folder cannot be written.
    """
    path = folder / LOCK
    with ExitStack() as kept:
        with storage(path):  # only locking: errors inside the caller's block are not about this file
            descriptor = _acquired(path, kept)
        held = _Held(descriptor)
        os.register_at_fork(after_in_child=held.leave)
        try:
            yield
        finally:
            held.over = True
            with suppress(OSError):
                path.unlink()


def _acquired(path: Path, kept: ExitStack) -> int:
    """The descriptor of the locked file, open until ``kept`` closes."""
    while True:
        with ExitStack() as attempt:
            descriptor = attempt.enter_context(opened(path, os.O_RDWR | os.O_CREAT))
            if not _locked(descriptor, path):
                continue  # another process held the lock, and has removed the file since
            if os.fstat(descriptor).st_nlink > 1:  # a hard link: the file also belongs to another folder
                path.unlink()
                continue
            _sign(descriptor)
            kept.push(attempt.pop_all())
            return descriptor


def refuse_live(folder: Path) -> None:
    """Check that no process is writing to a run's folder.

    Raises:
        UsageError: a process is; names it.
    """
    with suppress(OSError), opened(folder / LOCK) as descriptor:
        _locked(descriptor, folder / LOCK, told=False)


class _Held:
    """A locked descriptor, which forked processes must close: else the lock would outlive the process that took it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.over = descriptor, False

    def leave(self) -> None:
        """Close the descriptor in a forked process; the parent keeps the lock."""
        if not self.over:
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, self.descriptor)  # the number stays in use, as the parent's code may close it here too
            os.close(null)


def _locked(descriptor: int, path: Path, *, told: bool = True) -> bool:
    """Try to lock the file; returns whether it is still the one at that path.

    Raises:
        UsageError: another process holds the lock.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        if told:
            _log.info("this system has no file locks: let nothing else write to %s meanwhile", path.parent)
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(
            f"another process writes to {path.parent}: {_signed(descriptor)}",
            remedy="wait until it has ended, or stop it: a signal makes it save its state first",
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        if told:
            _log.info("the file system of %s has no locks: let nothing else write there meanwhile", path.parent)
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    """Write into the file which process holds the lock."""
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "command": sys.argv}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(owner).encode(), 0)


def _signed(descriptor: int) -> str:
    """Which process holds the lock, as far as the file tells."""
    try:
        owner = json.loads(os.pread(descriptor, 100_000, 0))
        command = " ".join(map(str, owner["command"]))
        there = "" if owner["host"] == socket.gethostname() else f" on {owner['host']}"
        return f"process {int(owner['pid'])}{there} ({command})"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "it has not said which"

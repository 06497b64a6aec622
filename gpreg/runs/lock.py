"""One writer a run: a lock on its folder, which the system lifts when the process that holds it ends, however."""

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
    """Be the only process that writes to a run's folder, for a while.

    The lock is on an open file (``flock``), not that there is one: what a killed process, or a copy of the folder,
    leaves behind blocks nobody. Processes that are forked meanwhile, such as those that load data, do not share it.

    Args:
        folder: of the run; it is there. Where its file system has no locks, that is told.

    Raises:
        UsageError: another process writes; names it.
        StorageError: the folder cannot be written.
    """
    path = folder / LOCK
    with ExitStack() as kept:
        with storage(path):  # what happens while it is held is not about this file
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
                continue  # it was another process's, which has removed it since
            if os.fstat(descriptor).st_nlink > 1:  # it has another name elsewhere: it is not ours to write into
                path.unlink()
                continue
            _sign(descriptor)
            kept.push(attempt.pop_all())
            return descriptor


def refuse_live(folder: Path) -> None:
    """Make sure that no process writes to a run's folder at present.

    Raises:
        UsageError: one does; names it.
    """
    with suppress(OSError), opened(folder / LOCK) as descriptor:
        _locked(descriptor, folder / LOCK, told=False)


class _Held:
    """A descriptor that a forked process must not keep: as long as it did, the lock would outlive its owner."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.over = descriptor, False

    def leave(self) -> None:
        """In a forked process: let go of it. What is locked stays locked, by its owner."""
        if not self.over:
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, self.descriptor)  # the number stays taken: the parent's code may close it here, too
            os.close(null)


def _locked(descriptor: int, path: Path, *, told: bool = True) -> bool:
    """Whether the lock is this process's, and the file still the one of that name.

    Raises:
        UsageError: another process has it.
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
    """Write into the file who holds the lock."""
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "command": sys.argv}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(owner).encode(), 0)


def _signed(descriptor: int) -> str:
    """Who holds the lock, as far as that can be read."""
    try:
        owner = json.loads(os.pread(descriptor, 100_000, 0))
        command = " ".join(map(str, owner["command"]))
        there = "" if owner["host"] == socket.gethostname() else f" on {owner['host']}"
        return f"process {int(owner['pid'])}{there} ({command})"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "it has not said which"

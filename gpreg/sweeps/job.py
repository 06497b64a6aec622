"""A job: one command in a child process of its own, which ends when the process that started it does."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from gpreg.disk.refusal import storage
from gpreg.errors import ExitCode, GpregError

PLACE: ContextVar[Mapping[str, str]] = ContextVar("PLACE", default=MappingProxyType({}))
"""Variables that jobs find in their environment: which GPU is theirs, how many cores. A slot's thread sets them."""

GRACE = 30.0
"""Seconds from SIGTERM, upon which a run saves its state, to SIGKILL."""

_TIED = "GPREG_ENDS_WITH_PARENT"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a job's process ended.

    Attributes:
        exit_code: what it returned; ``None`` if a signal ended it.
        signal: the name of the signal that ended it, such as ``"SIGKILL"``; empty if none did.
        seconds: from its start to its end, on the clock on the wall.
    """

    exit_code: int | None
    signal: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command, which a call without arguments carries out in a child process and waits for.

    It can be pickled, and called wherever its paths are valid: they are best absolute. The child leads a session of
    its own, so that Ctrl-C in a terminal reaches it only through its parent. Its standard input is a pipe that its
    parent never writes to: it ends when the parent does, however that happens (:func:`end_with_parent`).

    Attributes:
        words: the command and its arguments.
        log: the file to which its output and errors are appended.
        grace: seconds that it has to save its state when it is to end before its time.

    >>> import sys, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     job = Job(words=(sys.executable, "-c", "print('hello')"), log=Path(folder) / "log")
    ...     print(job().exit_code, job.log.read_text().strip())
    0 hello
    """

    words: tuple[str, ...]
    log: Path
    grace: float = GRACE

    def __call__(self) -> Ended:
        """Start the child process and wait for its end.

        Raises:
            StorageError: the log cannot be written.
            GpregError: there is no such command here.
        """
        began = time.monotonic()
        with self._started() as process, _known(self, process):
            try:
                code = process.wait()
            except BaseException:  # Ctrl-C in the thread that waits here
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(self.grace)
                raise
        seconds = time.monotonic() - began
        if code < 0:
            return Ended(exit_code=None, signal=_name(-code), seconds=seconds)
        return Ended(exit_code=code, seconds=seconds)

    @contextmanager
    def _started(self) -> "Iterator[subprocess.Popen[bytes]]":
        """The child process, of which nothing is left after the block."""
        with storage(self.log):
            self.log.parent.mkdir(parents=True, exist_ok=True)
            log = self.log.open("ab")
        with log:
            try:
                process = subprocess.Popen(
                    self.words,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **PLACE.get(), _TIED: "1"},
                    start_new_session=True,
                )
            except OSError as error:
                raise GpregError(
                    f"{self.words[0]} cannot be started on {socket.gethostname()}: {error.strerror}",
                    remedy="every machine of a sweep needs the same Python environment at the same path",
                ) from error
        try:
            yield process
        finally:
            _kill(process)
            assert process.stdin is not None
            process.stdin.close()


_running: set[tuple[Job, "subprocess.Popen[bytes]"]] = set()
_asked: set["subprocess.Popen[bytes]"] = set()
"""Those that were asked to end. A second SIGTERM might reach one that is ending, when it has no handler any more."""

_lock = threading.Lock()


@contextmanager
def _known(job: Job, process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Inside the block :func:`interrupt` finds the process."""
    with _lock:
        _running.add((job, process))
    try:
        yield
    finally:
        with _lock:
            _running.remove((job, process))
            _asked.discard(process)


def running() -> frozenset[Job]:
    """The jobs that run in this process."""
    with _lock:
        return frozenset(job for job, _ in _running)


def interrupt(jobs: Collection[Job] | None = None) -> None:
    """Ask jobs that run in this process to save their state and end; who does not is killed after its grace.

    Who waits for them gets an :class:`Ended` as ever. To ask again does no harm.

    Args:
        jobs: which; by default all. Those that are not running here are none of our business.
    """
    with _lock:
        wanted = [(job, process) for job, process in _running if jobs is None or job in jobs]
        fresh = [(job, process) for job, process in wanted if process not in _asked]
        _asked.update(process for _, process in fresh)
    for job, process in fresh:
        process.terminate()
        late = threading.Timer(job.grace, _kill, [process])
        late.daemon = True
        late.start()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process that has not ended, and all that it has started; wait for it."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def end_with_parent(grace: float = GRACE) -> None:
    """Watch, in a process that a :class:`Job` started, for the end of the parent: then save the state and end, too.

    A thread waits for the end of the standard input, sends SIGTERM to this process, and ends it after the grace if it
    is still there. In a process that no job started nothing happens, whatever its standard input is.

    Args:
        grace: seconds from SIGTERM to the end.
    """
    if os.environ.pop(_TIED, None):  # what this process starts is not tied to our parent
        threading.Thread(target=_watch, args=(grace,), name="end with parent", daemon=True).start()


def _watch(grace: float) -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os._exit(ExitCode.INTERRUPTED)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"

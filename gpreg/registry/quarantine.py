"""Run a plugin's code so that it cannot change stdout, the working folder and the like for the rest of gpreg."""

import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any


class Interrupted(BaseException):
    """The user pressed Ctrl-C while a plugin was loading; a plugin that raises KeyboardInterrupt is merely broken."""


@contextmanager
def quarantine() -> Iterator[None]:
    """Send to stderr whatever is printed inside the block, by Python, by file descriptor 1 or by a child process.

    Afterwards stdout, the three streams of :mod:`sys`, the working folder and the filters of warnings are restored.
    There is no protection against code that ends the process (``os._exit``, a crash) or never returns.
    """
    _blocks.begin()
    try:
        yield
    finally:
        _blocks.end()


@contextmanager
def only_real_interrupts() -> Iterator[None]:
    """Raise :class:`Interrupted` inside the block when the user presses Ctrl-C, and KeyboardInterrupt after it.

    Only the main thread receives signals; in other threads nothing is changed.
    """

    def interrupt(_: int, __: FrameType | None) -> None:
        raise Interrupted

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except Interrupted:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before)


class _Aside(io.TextIOBase):
    """The stream that takes the place of ``sys.stdout``: it writes to stderr and cannot be closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if self._stream is not None:
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    def fileno(self) -> int:
        return int(self._stream.fileno())

    def close(self) -> None:
        self.flush()

    @property
    def buffer(self) -> Any:
        return self._stream.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override] # an attribute in typeshed
        return str(getattr(self._stream, "encoding", None) or "utf-8")


class _Blocks:
    """Counts the open blocks of all threads, which share streams and descriptors; the last to end restores them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._before: _Process | None = None

    def begin(self) -> None:
        with self._lock:
            self._open += 1
            if self._before is None:
                self._before = _Process()

    def end(self) -> None:
        with self._lock:
            self._open -= 1
            if not self._open and self._before is not None:
                self._before.restore()
                self._before = None


_blocks = _Blocks()


class _Process:
    """Saves the state of the process and diverts stdout when it is made; ``restore`` undoes that."""

    def __init__(self) -> None:
        self._streams, self._folder, self._filters = (sys.stdin, sys.stdout, sys.stderr), _folder(), warnings.filters[:]
        _flush(sys.stdout)
        try:
            self._stdout: int | None = os.dup(1)
        except OSError:  # stdout is closed
            self._stdout = None
        else:
            _lead_stdout_to_stderr()
        sys.stdout = _Aside(sys.stderr)  # as much of a text file as print needs

    def restore(self) -> None:
        sys.stdin, sys.stdout, sys.stderr = self._streams
        if warnings.filters != self._filters:
            warnings.filters[:] = self._filters  # type: ignore[index] # a list, which typeshed hides
            warnings._filters_mutated()  # type: ignore[attr-defined] # tells the filters' cache
        if self._stdout is not None:
            _flush(sys.__stdout__)  # what code wrote to the original stream belongs to stderr too
            os.dup2(self._stdout, 1)
            os.close(self._stdout)
        if self._folder is not None and _folder() != self._folder:
            with suppress(OSError):
                os.chdir(self._folder)


def _lead_stdout_to_stderr() -> None:
    try:
        os.dup2(2, 1)
    except OSError:  # stderr is closed
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)


def _flush(stream: Any) -> None:
    with suppress(Exception):  # closed, or no stream at all
        stream.flush()


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # the working folder was removed
        return None

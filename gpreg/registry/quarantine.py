"""Run a plugin's code so that it cannot change stdout, the working folder and the like for the rest of gpreg."""

import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

LARGEST = 2**16
"""Most bytes that are copied to stderr at once."""


class Interrupted(BaseException):
    """The user pressed Ctrl-C while a plugin was loading; a plugin that raises KeyboardInterrupt is merely broken."""


@dataclass
class Heard:
    """Whether anything was printed inside a block; known when the block has ended."""

    printed: bool = False


@contextmanager
def quarantine() -> Iterator[Heard]:
    """Send to stderr whatever is printed inside the block, by Python, by file descriptor 1 or by a child process.

    What Python prints is seen at once, the rest when the block ends. Afterwards stdout, the three streams of
    :mod:`sys`, the working folder and the filters of warnings are restored. ``os._exit`` raises SystemExit inside the
    block. There is no protection against code that crashes the process or never returns.
    """
    heard, process = Heard(), _blocks.begin()
    try:
        yield heard
    finally:
        _blocks.end()
        heard.printed = process.printed


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
    """The stream that takes the place of ``sys.stdout``: it writes to stderr and cannot be closed.

    Whoever keeps it, such as a handler of :mod:`logging`, writes to stderr after the block, too.
    """

    def __init__(self, stream: Any, process: "_Process") -> None:
        self._stream, self._process = stream, process

    def write(self, text: str) -> int:
        self._process.forward()  # what was written before it, to the descriptor
        self._process.printed |= bool(text)
        if self._stream is not None:
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    def fileno(self) -> int:
        return 1 if self._process.diverts else int(self._stream.fileno())

    def close(self) -> None:
        self.flush()

    @property
    def buffer(self) -> "_AsideBuffer":
        return _AsideBuffer(self)

    @property
    def encoding(self) -> str:  # type: ignore[override] # an attribute in typeshed
        return str(getattr(self._stream, "encoding", None) or "utf-8")


class _AsideBuffer(io.RawIOBase):
    """What takes the place of ``sys.stdout.buffer``."""

    def __init__(self, stream: _Aside) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        with memoryview(data) as view:
            self._stream.write(view.tobytes().decode(errors="replace"))
            return view.nbytes


class _Kept:
    """Takes the place of ``sys.stdin``, which the builtin ``exit`` closes; it is read as before, but not closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def close(self) -> None:
        pass


class _Blocks:
    """Counts the open blocks of all threads, which share streams and descriptors; the last to end restores them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._before: _Process | None = None

    def begin(self) -> "_Process":
        with self._lock:
            self._open += 1
            if self._before is None:
                self._before = _Process()
            return self._before

    def end(self) -> None:
        with self._lock:
            self._open -= 1
            if self._before is not None and self._open:
                self._before.forward()
            elif self._before is not None:
                self._before.restore()
                self._before = None


_blocks = _Blocks()


class _Process:
    """Saves the state of the process and diverts stdout when it is made; ``restore`` undoes that.

    Attributes:
        printed: whether anything was printed since.
        diverts: whether descriptor 1 leads to a file whose content is copied to stderr.
    """

    def __init__(self) -> None:
        self._streams, self._folder, self._filters = (sys.stdin, sys.stdout, sys.stderr), _folder(), warnings.filters[:]
        self._exit, self._id = os._exit, os.getpid()
        self.printed, self.diverts, self._read = False, False, 0
        _flush(sys.stdout)
        with suppress(OSError):  # stdout is closed
            self._stdout = os.dup(1)
            self._file = _file()
            os.dup2(self._file, 1)
            self.diverts = True
        sys.stdin = None if sys.stdin is None else _Kept(sys.stdin)
        sys.stdout = _Aside(sys.stderr, self)  # as much of a text file as print needs
        os._exit = self._leave

    def forward(self) -> None:
        """Copy to stderr what was written to descriptor 1 since the last time."""
        while self.diverts and (text := os.pread(self._file, LARGEST, self._read)):
            self.printed = True
            self._read += len(text)
            with suppress(Exception):  # closed, or no stream at all
                self._streams[2].write(text.decode(errors="replace"))
                self._streams[2].flush()

    def restore(self) -> None:
        os._exit = self._exit
        sys.stdin, sys.stdout, sys.stderr = self._streams
        if warnings.filters != self._filters:
            warnings.filters[:] = self._filters  # type: ignore[index] # a list, which typeshed hides
            warnings._filters_mutated()  # type: ignore[attr-defined] # tells the filters' cache
        if self.diverts:
            _flush(sys.__stdout__)  # what code wrote to the original stream belongs to stderr too
            os.dup2(self._stdout, 1)
            os.close(self._stdout)
            self.forward()
            self.diverts = False
            os.close(self._file)
        if self._folder is not None and _folder() != self._folder:
            with suppress(OSError):
                os.chdir(self._folder)

    def _leave(self, status: int) -> NoReturn:
        if os.getpid() != self._id:  # a process that the plugin has forked ends itself so
            self._exit(status)
        raise SystemExit(f"os._exit({status})")


def _file() -> int:
    """The descriptor of an open file without a name."""
    if sys.platform == "linux":
        return os.memfd_create("gpreg")
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _flush(stream: Any) -> None:
    with suppress(Exception):  # closed, or no stream at all
        stream.flush()


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # the working folder was removed
        return None

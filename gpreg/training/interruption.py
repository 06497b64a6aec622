"""Signals that stop a run, after the step in progress is finished and saved."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from gpreg.errors import InterruptedRun
from gpreg.runs.folder import RunFolder


class Interruption:
    """Whether a signal has come.

    Attributes:
        name: of the signal, such as ``"SIGTERM"``; empty until one comes.
    """

    def __init__(self) -> None:
        self.name = ""

    def __bool__(self) -> bool:
        """Whether to stop."""
        return bool(self.name)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Catch SIGINT, SIGTERM and SIGHUP inside the block; a second SIGINT stops at once.

    SIGHUP comes when a terminal is closed; if it is ignored, as under ``nohup``, it stays ignored. A signal that comes
    too late to stop the run is raised again after the block. Python can catch signals only in the main thread; in other
    threads nothing is caught.
    """
    asked = Interruption()

    def note(number: int, frame: FrameType | None) -> None:
        asked.name = signal.Signals(number).name
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {}
    try:
        for number in _caught():
            before[number] = signal.signal(number, note)
    except ValueError:
        before = {}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        signal.raise_signal(signal.Signals[asked.name])


def interrupted(folder: RunFolder, step: int, asked: Interruption) -> InterruptedRun:
    """The error that says that a run was stopped, and its state saved; whoever resumes does what the tick brings."""
    return InterruptedRun(
        f"stopped by {asked.name or 'another process'} after generator step {step}; the state is saved",
        remedy=f"`gpreg resume {folder.path}` goes on from here",
    )


def _caught() -> tuple[signal.Signals, ...]:
    if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

"""Long work, seen: a live line on a terminal, one plain line a tick elsewhere. Knows rich, as the console does."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gpreg.cli import console
from gpreg.interfaces import Observer

SHOWN = {
    "critic_loss": "critic",
    "generator_loss": "generator",
    "penalty": "penalty",
    "gradient_norm": "|grad D|",
    "images_per_second": "img/s",
}
"""What a tick's line shows of its statistics."""


class RunProgress(Observer):
    """Losses, penalty, gradient norm at mu, speed, time left and the last scores of a run.

    Args:
        live: redraw one line, as a terminal can; otherwise print one line a tick.
    """

    def __init__(self, *, live: bool | None = None) -> None:
        self._live = sys.stderr.isatty() if live is None else live
        self._bar: Progress | None = None
        self._steps = 0
        self._scores = ""

    def start(self, folder: Path, recipe: Mapping[str, Any], step: int) -> None:
        """Say what is trained, and where it goes."""
        self._steps = recipe["training"]["steps"]
        names = [recipe[kind]["name"] for kind in ("measure", "loss", "architecture", "dataset")]
        self.say(f"training {' / '.join(names)}, rho = {recipe['penalty']['rho']:g}, in {folder}")
        if self._live:
            self._bar = _bar("{task.fields[values]}")
            self._task = self._bar.add_task("step", total=self._steps, completed=step, values="")
            self._bar.start()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Show a tick's statistics, or keep scores for the next one."""
        scores = {name: value for name, value in values.items() if "/" in name}
        if scores:
            line = "  ".join(f"{name.partition('/')[2]} {value:.4g}" for name, value in scores.items())
            self._scores = line
            if not self._live:
                self.say(f"step {step:>7,}  score  {line}")
        elif "critic_loss" in values:
            told = "  ".join(f"{name} {_short(values[key])}" for key, name in SHOWN.items() if key in values)
            if self._bar:
                self._bar.update(self._task, completed=step, values=f"{told}  {self._scores}")
            else:
                left = values["seconds"] / max(values["steps"], 1) * (self._steps - step)
                self.say(f"step {step:>7,}/{self._steps:,}  {told}  left {_clock(left)}")

    def finish(self) -> None:
        """Take the live line down."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def say(self, message: str) -> None:
        """One line above the live one."""
        if self._bar:
            self._bar.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            console.talk(message)


@contextmanager
def counting(what: str, of: int) -> Iterator[Callable[[int], None]]:
    """Count to a number: a bar on a terminal, nothing elsewhere. Yields what is told how far it is."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with _bar("") as bar:
        task = bar.add_task(what, total=of)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def telling(say: Callable[[str], None]) -> Iterator[None]:
    """Show what gpreg and its plugins log, such as a classifier's training, for a while."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage())

    logger, handler = logging.getLogger("gpreg"), Handler(logging.INFO)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _bar(values: str) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        *([TextColumn(values)] if values else []),
        console=Console(stderr=True),
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"

"""Progress of training and other long work: live lines on a terminal or in a notebook, plain lines elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from gpreg.errors import UsageError
from gpreg.experiments.arguments import one_of
from gpreg.experiments.talking import shown, talk
from gpreg.experiments.telling import telling
from gpreg.interfaces import Observer
from gpreg.registry.wording import type_name

SHOWN = {
    "critic_loss": "critic",
    "generator_loss": "generator",
    "penalty": "penalty",
    "gradient_norm": "|grad D|",
    "images_per_second": "img/s",
}
"""The statistics of a tick that its line shows."""

Show = bool | Literal["auto"]
"""Whether to show progress; ``"auto"`` shows it on a terminal and in a notebook."""

_REDRAWS = 4
"""How often live lines are redrawn in a second; each time costs training time."""

_MEMORY = 600.0
"""The time left is estimated from this many seconds in the past; a tick may take minutes."""


class RunProgress(Observer):
    """An observer that shows losses, penalty, gradient norm, speed, time left and the last scores of a run.

    Args:
        live: whether to redraw lines instead of printing one for each tick; ``None``: if the terminal can.
    """

    def __init__(self, *, live: bool | None = None) -> None:
        self._live = _redraws() if live is None else live
        self._board: _Board | None = None
        self._steps = 0
        self._scored, self._scores = -1, ""

    def start(self, folder: Path, recipe: Mapping[str, Any], step: int) -> None:
        """Say what is trained, and in which folder."""
        self._steps = recipe["training"]["steps"]
        names = [recipe[kind]["name"] for kind in ("measure", "loss", "architecture", "dataset")]
        self.say(f"training {' / '.join(names)}, rho = {recipe['penalty']['rho']:g}, in {folder}")
        if self._live:
            self._board = _Board("step", self._steps, done=step)
            self._board.tell(step, statistics="", scores="")  # in this order
            self._board.start()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Show a tick's statistics, or scores."""
        if scores := {name: value for name, value in values.items() if "/" in name}:
            self._show_scores(step, scores)
        elif "critic_loss" in values:
            told = "  ".join(f"{name} {_short(values[key])}" for key, name in SHOWN.items() if key in values)
            if self._board:
                self._board.tell(step, statistics=told)
            else:
                left = values["seconds"] / max(values["steps"], 1) * (self._steps - step)
                self.say(f"step {step:>7,}/{self._steps:,}  {told}  left {_clock(left)}")

    def finish(self) -> None:
        """Stop redrawing, and give the terminal back."""
        if self._board:
            self._board.stop()
            self._board = None

    def say(self, message: str) -> None:
        """Print one line above the live ones."""
        if self._board:
            self._board.console.print(shown(message), markup=False, highlight=False, soft_wrap=True)
        else:
            talk(message)

    def _show_scores(self, step: int, scores: Mapping[str, float]) -> None:
        line = "  ".join(f"{name.partition('/')[2]} {value:.4g}" for name, value in scores.items())
        if self._board:
            self._scores = f"{self._scores}  {line}" if step == self._scored else f"step {step:,}  {line}"
            self._scored = step
            self._board.tell(step, scores=self._scores)
        else:
            self.say(f"step {step:>7,}  score  {line}")


@contextmanager
def watching(show: Show = "auto", observers: Iterable[Observer] = ()) -> Iterator[tuple[Observer, ...]]:
    """Show the progress of a run and print what is logged meanwhile; yields all observers that the run needs.

    Args:
        show: whether to do so; ``"auto"`` does on a terminal and in a notebook, in the main thread.
        observers: further observers of the run.

    Raises:
        UsageError: one of them is no observer.
    """
    if show is not True and show is not False:
        one_of(show, "progress", ["auto"])
    if isinstance(observers, Observer):
        raise UsageError(f"observers is a {type_name(observers)}; it must be a list", remedy="write observers=[IT]")
    others = tuple(observers)
    for other in others:
        if not isinstance(other, Observer):
            raise UsageError(
                f"an observer is a {type_name(other)}; it must be a gpreg.interfaces.Observer",
                remedy="those that have names are a choice of the experiment, as in observers=['tensorboard']",
            )
    if not (_seen() if show == "auto" else show):
        yield others
        return
    board = RunProgress()
    with telling(board.say):
        yield (board, *others)


@contextmanager
def counting(what: str, of: int, *, show: Show = "auto") -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal while something is counted up to ``of``; yields a function of the count so far."""
    if not show or not _redraws():
        yield lambda done: None
        return
    with _Board(what, of, transient=True) as board:
        yield board.tell


@contextmanager
def stages() -> Iterator[Callable[[str, int, int | None], None]]:
    """Show a bar for each stage of a computation on a terminal; elsewhere, print a line when a stage begins.

    Yields:
        a function of the stage, how far it is, and how far it goes (``None``: nobody knows).
    """
    live = _redraws()
    bars = Progress(
        *_columns(), console=Console(stderr=True), refresh_per_second=_REDRAWS, transient=True, disable=not live
    )
    tasks: dict[str, Any] = {}

    def tell(stage: str, done: int, of: int | None) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(shown(stage), total=of)
            if not live:
                talk(f"{stage} ...")
        bars.update(tasks[stage], completed=done, total=of)

    with bars:
        yield tell


class _Board(Progress):
    """A progress bar with lines of text under it, cut to the width of the terminal. Other output appears above.

    Args:
        what: what is counted.
        of: the count at the end.
        done: the count at the beginning.
        transient: whether the bar disappears at the end.
    """

    def __init__(self, what: str, of: int, *, done: int = 0, transient: bool = False) -> None:
        self._lines: dict[str, str] = {}
        super().__init__(
            *_columns(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            refresh_per_second=_REDRAWS,
            speed_estimate_period=_MEMORY,
            transient=transient,
        )
        self._task = self.add_task(shown(what), total=of, completed=done)

    def tell(self, done: int, **lines: str) -> None:
        """Update the count and some of the lines."""
        told = {name: shown(line) for name, line in lines.items()}
        self._lines = {**self._lines, **told}  # a new one: another thread draws the old
        self.update(self._task, completed=done)

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar and the lines under it."""
        yield self.make_tasks_table(self.tasks)
        yield from (Text(line, no_wrap=True, overflow="ellipsis") for line in self._lines.values() if line)


def _columns() -> tuple[Any, ...]:
    name = TextColumn("{task.description}", markup=False)
    return name, BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn()


def _seen() -> bool:
    """Whether somebody is likely to watch what is printed."""
    if threading.current_thread() is not threading.main_thread():
        return False
    return sys.stderr.isatty() or Console(stderr=True).is_jupyter


def _redraws() -> bool:
    """Whether lines can be redrawn: there is a terminal that can move its cursor, or a notebook with widgets."""
    if Console(stderr=True).is_jupyter:
        return find_spec("ipywidgets") is not None
    return sys.stderr.isatty() and not Console(stderr=True).is_dumb_terminal


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"

"""Begin a sweep in its folder, or go on with it, and carry it out."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpreg.errors import UnknownNameError, UsageError
from gpreg.experiments.progress import Show, counting
from gpreg.registry.companions import remedy
from gpreg.registry.kinds import EXECUTOR
from gpreg.runs.folder import next_free
from gpreg.runs.lock import writing
from gpreg.runs.plan import Supply
from gpreg.sweeps.definition import FILE, Definition
from gpreg.sweeps.expansion import Layout
from gpreg.sweeps.folder import SweepFolder
from gpreg.sweeps.jobs import Wording
from gpreg.sweeps.running import Running

EXECUTORS = "gpreg-executors"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a sweep is carried out, which changes nothing of its results.

    Attributes:
        executor: a name of ``gpreg list-executors``.
        options: its options.
        vectorize: whether cells are trained jointly where they can be.
        strict: whether combinations that are impossible are refused.
        changed: whether the sweep in the folder may be another one.
        files: plugin files, absolute.
    """

    executor: str = "local"
    options: Mapping[str, Any] = field(default_factory=dict)
    vectorize: bool = True
    strict: bool = False
    changed: bool = False
    files: tuple[Path, ...] = ()


def carry_out(
    definition: Definition,
    layout: Layout,
    path: Path | None,
    supply: Supply,
    wish: Wish,
    *,
    title: str,
    progress: Show,
    stack: ExitStack,
) -> Path:
    """Carry a sweep out in a folder, from the beginning or from where it was left; returns the folder.

    Raises:
        UsageError: the folder is not free, or has another sweep.
        InterruptedRun: Ctrl-C was pressed.
    """
    place = path or next_free(Path("sweeps"), title)
    check(place, definition, layout, changed=wish.changed)
    try:
        executor = supply.registry.build(EXECUTOR, wish.executor, wish.options)
    except UnknownNameError as error:
        if wish.executor != "local":
            raise
        told = remedy(supply.registry, EXECUTORS)
        raise UsageError(f"the executor 'local' comes with the package {EXECUTORS}", remedy=told) from error
    place.mkdir(parents=True, exist_ok=True)
    with writing(place):
        folder = SweepFolder(place)
        folder.define(definition)
        wording = worded(place, supply, wish.files)
        watch = _told(stack.enter_context(counting("cells", layout.expand().known, show=progress)))
        running = Running(
            folder=folder,
            layout=layout,
            supply=supply,
            executor=executor,
            wording=wording,
            vectorize=wish.vectorize,
            watch=watch,
        )
        try:
            running.run()
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
    return place


def laid_out(definition: Definition, supply: Supply, *, strict: bool) -> Layout:
    """The rows of a sweep.

    Raises:
        UsageError: a choice is impossible; with ``strict`` also if it is in one combination only.
    """
    layout = Layout(definition, supply)
    for each in layout.skipped:
        told = ", ".join(f"{key} {value}" for key, value in each.choices.items())
        if strict:
            raise UsageError(f"{told} is impossible: {each.reason}", remedy="leave it out, or leave --strict out")
        _log.info("skipped: %s: %s", told, each.reason)
    return layout


def worded(path: Path, supply: Supply, files: tuple[Path, ...]) -> Wording:
    """How the processes of a sweep are started."""
    general = tuple(word for file in files for word in ("--plugin", str(file)))
    options = () if supply.data_root is None else ("--data-root", str(supply.data_root.absolute()))
    return Wording(path=path.absolute(), general=general, options=(*options, *(["--download"] * supply.download)))


def check(path: Path, definition: Definition, layout: Layout, *, changed: bool) -> None:
    """Check that a sweep may be carried out in a folder.

    Raises:
        UsageError: something else is there, or another sweep, unless it may have changed.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / FILE).is_file():
        raise UsageError(
            f"{path} exists and is no folder of a sweep; it is left alone", remedy="choose another one with --out"
        )
    old = SweepFolder.open(path)
    before, now = old.definition.table, definition.table
    if before == now or changed:
        return
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    known = {cell.name for cell in old.cells()} if old.listed else set()
    wanted = {cell.name for cell in layout.expand().cells}
    raise UsageError(
        f"{path} holds another sweep, which differs in {', '.join(keys)}: {len(wanted & known)} cells stay, "
        f"{len(wanted - known)} would be run, {len(known - wanted)} would not be looked at any more",
        remedy=f"--changed goes on with the new one; `gpreg sweep {path}` goes on with the old one",
    )


def _told(bar: Callable[[int], None]) -> Callable[[int, int], None]:
    """Hear how far a sweep is: a bar on a terminal, and elsewhere a line at most every ten seconds."""
    began, last = time.monotonic(), [time.monotonic() - 10.0, -1, -1]

    def watch(done: int, of: int) -> None:
        bar(done)
        now = time.monotonic()
        if [done, of] != last[1:] and (now - last[0] >= 10 or done == of):
            first = last[1] < 0
            left = (
                ""
                if first or not done or done == of
                else f", {(now - began) / done * (of - done) / 60:.1f} minutes left"
            )
            _log.info("%d of %d cells have ended%s", done, of, left)
            last[:] = [now, done, of]

    return watch

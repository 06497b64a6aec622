"""The work of one process of a sweep: train cells, or go on with them, and write what became of each."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from gpreg.errors import DivergenceError, GpregError, InterruptedRun, UsageError
from gpreg.experiments.experiment import Experiment
from gpreg.experiments.run import Run
from gpreg.recipe import read
from gpreg.runs.folder import RECIPE, RunFolder
from gpreg.runs.plan import Plan, Supply
from gpreg.sweeps.cell import Cell, State
from gpreg.sweeps.folder import SweepFolder, ended
from gpreg.sweeps.job import GRACE, end_with_parent
from gpreg.training.joint.together import train_together

_log = logging.getLogger(__name__)


def run_cells(path: Path, names: Sequence[str], supply: Supply) -> None:
    """Train cells of a sweep in this process, or go on with them; cells that have ended are left alone.

    Args:
        path: the sweep's folder.
        names: of the cells. Several are trained jointly if they can be.
        supply: plugins and data of this machine.

    Raises:
        InterruptedRun: a signal came; what was begun is saved.
        UsageError: there is no such cell, or another process writes to its folder.
        GpregError: the last of several cells that failed; what became of each is written in any case.
    """
    end_with_parent()
    folder = SweepFolder.open(path)
    cells = [cell for cell in folder.cells(names) if not ended(cell, folder.outcome(cell.name))]
    whole = [cell for cell in cells if cell.steps is None]
    if len(whole) > 1:
        _together(folder, whole, supply)
        cells = [cell for cell in cells if cell.steps is not None]
    for cell in cells:
        _alone(folder, cell, supply)


def _together(folder: SweepFolder, cells: Sequence[Cell], supply: Supply) -> None:
    began = time.monotonic()
    runs = []
    for cell in cells:
        _wait_for(folder, cell)
        runs.append((_plan(cell, supply), folder.run(cell.name)))
    outcomes = train_together(runs)
    share = (time.monotonic() - began) / len(cells)
    stopped: GpregError | None = None
    for cell, (plan, _), outcome in zip(cells, runs, outcomes, strict=True):
        if isinstance(outcome, GpregError):
            stopped = _failed(folder, cell, outcome, share) or stopped
        else:
            folder.conclude(cell.name, "done", step=plan.recipe.training.steps, seconds=share)
    if stopped:
        raise stopped


def _alone(folder: SweepFolder, cell: Cell, supply: Supply) -> None:
    _wait_for(folder, cell)
    plan, path = _plan(cell, supply), folder.run(cell.name)
    steps, began = cell.steps or plan.recipe.training.steps, time.monotonic()
    try:
        if (path / RECIPE).is_file() and RunFolder(path).begun():
            run = Run(path=path, supply=supply)
            if run.step < steps:
                longer = steps if steps != run.recipe.training.steps else None
                run.resume(steps=longer, progress=False)
        else:
            shorter = plan if cell.steps is None else plan.overridden({"training.steps": steps})
            Experiment(plan=shorter).train(path, progress=False)
    except GpregError as error:
        if stopped := _failed(folder, cell, error, time.monotonic() - began):
            raise stopped from None
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        folder.conclude(cell.name, "failed", step=_step(path), seconds=time.monotonic() - began, reason=reason)
        raise
    else:
        folder.conclude(cell.name, "done", step=steps, seconds=time.monotonic() - began)


def _failed(folder: SweepFolder, cell: Cell, error: GpregError, seconds: float) -> GpregError | None:
    """Write why a cell ended; returns an error after which it has not."""
    if isinstance(error, InterruptedRun) or _is_held(folder, cell):
        return error
    state: State = "diverged" if isinstance(error, DivergenceError) else "failed"
    _log.info("%s %s: %s", cell.name, state, error.message)
    folder.conclude(cell.name, state, step=_step(folder.run(cell.name)), seconds=seconds, reason=error.message)
    return None


def _is_held(folder: SweepFolder, cell: Cell) -> bool:
    """Whether another process writes to the cell's folder."""
    try:
        folder.refuse_held(cell.name)
    except UsageError:
        return True
    return False


def _wait_for(folder: SweepFolder, cell: Cell) -> None:
    """Wait while a process that is about to end still writes to the cell's folder; clear what it may have left.

    Raises:
        UsageError: another process writes to it for longer than a run needs to save its state.
    """
    late = time.monotonic() + GRACE
    while _is_held(folder, cell) and time.monotonic() < late:
        time.sleep(0.2)
    folder.refuse_held(cell.name)
    folder.clear_half_written(cell.name)


def _plan(cell: Cell, supply: Supply) -> Plan:
    return supply.plan(read(cell.recipe, origin=f"the recipe of {cell.name}", registry=supply.registry))


def _step(path: Path) -> int:
    return max(RunFolder(path).checkpoints.steps(), default=0) if path.is_dir() else 0

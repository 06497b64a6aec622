"""How long a sweep will take."""

import os
import tempfile
from pathlib import Path

from gpreg.errors import GpregError
from gpreg.experiments.experiment import Experiment
from gpreg.recipe import read
from gpreg.runs.plan import Supply
from gpreg.sweeps.cell import Cell
from gpreg.sweeps.folder import SweepFolder

STEPS, START = 30, 4.0
"""Steps that an estimate measures, and seconds from a process's start to its first step."""


def estimate(cells: list[Cell], folder: SweepFolder | None, supply: Supply, *, ahead: int = 0) -> str:
    """How long cells will take, in words: by those that have ended, or else by a few steps of one of them."""
    if not cells:
        return "nothing is left to run"
    ended = [folder.outcome(cell.name) for cell in folder.cells()] if folder is not None and folder.listed else []
    seconds = [float(each["seconds"]) for each in ended if each.get("state") == "done"]
    if seconds:
        each, how = sum(seconds) / len(seconds), f"by the {len(seconds)} cells that are done"
    else:
        each, how = measured(cells[0], supply), f"by {STEPS} steps of one cell, and {START:g} s for its start"
    count, slots = len(cells) + ahead, max(1, os.cpu_count() or 1)
    total = each * count / slots
    return (
        f"{count} cells, about {total / 60:.1f} minutes with {slots} at a time, estimated {how}; less where cells are "
        "trained jointly"
    )


def measured(cell: Cell, supply: Supply) -> float:
    """Seconds of a cell's run, from those of a few steps, without its scores.

    Raises:
        GpregError: it cannot be trained.
    """
    plan = supply.plan(read(cell.recipe, origin=cell.name, registry=supply.registry))
    steps = cell.steps or plan.recipe.training.steps
    short = Experiment(plan=plan).with_(
        steps=min(STEPS, steps), metrics=[], **{"report.tick": min(STEPS, steps), "report.picture_ticks": 0}
    )
    with tempfile.TemporaryDirectory() as folder:
        run = short.train(Path(folder) / "run", progress=False)
        row = run.stats[-1]
    if not row:
        raise GpregError("a few steps left no statistics")
    return float(row["seconds"]) / float(row["steps"]) * steps + START

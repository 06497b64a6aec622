"""A sweep's folder: its definition, its cells, and what became of them."""

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from gpreg.disk.atomic import write
from gpreg.disk.regular import read_text
from gpreg.errors import GpregError, UsageError
from gpreg.runs.folder import RECIPE
from gpreg.runs.lock import refuse_live
from gpreg.sweeps.cell import Cell, Result, Skipped, State
from gpreg.sweeps.definition import FILE, Definition
from gpreg.sweeps.evidence import read
from gpreg.sweeps.result import result_of

LIST, CELLS = "cells.json", "cells"


class SweepFolder:
    """A sweep's folder.

    Attributes:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "SweepFolder":
        """The folder of a sweep that was begun.

        Raises:
            UsageError: there is none.
        """
        if not (path / FILE).is_file():
            why = f"it has no {FILE}" if path.exists() else "there is no such folder"
            raise UsageError(
                f"{path} is not the folder of a sweep: {why}",
                remedy="give one that `gpreg sweep` wrote, such as sweeps/00000-plane",
            )
        return cls(path)

    @property
    def definition(self) -> Definition:
        """What the sweep compares.

        Raises:
            UsageError: it cannot be read.
        """
        file = self.path / FILE
        return Definition.read(read_text(file), origin=str(file))

    def define(self, definition: Definition) -> None:
        """Write what the sweep compares."""
        (self.path / CELLS).mkdir(parents=True, exist_ok=True)
        write(self.path / FILE, definition.text)

    def run(self, name: str) -> Path:
        """The run folder of a cell."""
        return self.path / CELLS / name

    @property
    def listed(self) -> bool:
        """Whether any cells are known."""
        return (self.path / LIST).is_file()

    def list_cells(self, cells: Iterable[Cell], skipped: Iterable[Skipped]) -> None:
        """Write which cells there are, and the recipe of each."""
        listed = list(cells)
        for cell in listed:
            file = self.path / CELLS / f"{cell.name}.toml"
            if not file.is_file():
                write(file, cell.recipe)
        document = {
            "schema": 1,
            "cells": [{key: value for key, value in asdict(cell).items() if key != "recipe"} for cell in listed],
            "skipped": [asdict(each) for each in skipped],
        }
        write(self.path / LIST, json.dumps(document, indent=1) + "\n")

    def cells(self, names: Collection[str] | None = None) -> list[Cell]:
        """The cells that are known so far.

        Args:
            names: only these; ``None``: all.

        Raises:
            UsageError: the list cannot be read, or it has no cell of a name.
        """
        known = {field.name for field in fields(Cell)}
        try:
            tables = [each for each in self._listed["cells"] if names is None or each["name"] in names]
            if missing := set(names or ()) - {each["name"] for each in tables}:
                name = min(missing)
                raise UsageError(f"{self.path} has no cell {name!r}", remedy=f"{self.path / LIST} lists them")
            return [self._cell({k: v for k, v in each.items() if k in known}) for each in tables]
        except (KeyError, TypeError, AttributeError) as error:
            raise self._broken(error) from error

    @property
    def skipped(self) -> list[Skipped]:
        """The combinations that are impossible."""
        try:
            return [Skipped(choices=each["choices"], reason=each["reason"]) for each in self._listed["skipped"]]
        except (KeyError, TypeError) as error:
            raise self._broken(error) from error

    def outcome(self, name: str) -> Mapping[str, Any]:
        """What was written when a cell ended; empty if it has not, or if that cannot be read."""
        try:
            found = json.loads(read_text(self.path / CELLS / f"{name}.json"))
        except (GpregError, OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and found.get("state") in {"done", "diverged", "failed"} else {}

    def conclude(self, name: str, state: State, *, step: int, seconds: float, reason: str = "") -> None:
        """Write what became of a cell, after ``seconds`` of this attempt."""
        before = self.outcome(name)
        document = {
            "schema": 1,
            "state": state,
            "reason": reason,
            "step": step,
            "seconds": seconds + float(before.get("seconds", 0.0)),
            "attempts": 1 + int(before.get("attempts", 0)),
        }
        write(self.path / CELLS / f"{name}.json", json.dumps(document, indent=1) + "\n")

    def pending(self, cells: Iterable[Cell]) -> list[Cell]:
        """Those that have not ended, or are wanted with more steps than they have."""
        return [cell for cell in cells if not ended(cell, self.outcome(cell.name))]

    def result(self, cell: Cell) -> Result:
        """What became of a cell: its state is what was written at its end, its scores are those of its run."""
        found = result_of(read(self.run(cell.name), text=cell.recipe), cell)
        outcome = self.outcome(cell.name)
        if not ended(cell, outcome):
            return replace(found, state="pending", reason="", scores={})
        done = outcome["state"] == "done"
        last = {score: values[max(values)] for score, values in found.history.items() if values}
        return replace(
            found,
            state=outcome["state"],
            reason=str(outcome.get("reason", "")),
            scores=(found.scores or last) if done else {},
            seconds=float(outcome.get("seconds", 0.0)),
        )

    def results(self, cells: Sequence[Cell] | None = None) -> list[Result]:
        """What became of each cell."""
        return [self.result(cell) for cell in (self.cells() if cells is None else cells)]

    def refuse_held(self, name: str) -> None:
        """Check that no process writes to a cell's run.

        Raises:
            UsageError: a process does; names it.
        """
        if self.run(name).is_dir():
            refuse_live(self.run(name))

    def clear_half_written(self, name: str) -> None:
        """Remove the folder of a run that was killed before it had written its recipe.

        Raises:
            UsageError: a process is writing to it.
        """
        path = self.run(name)
        if path.is_dir() and not (path / RECIPE).is_file():
            refuse_live(path)
            shutil.rmtree(path)

    @property
    def _listed(self) -> dict[str, Any]:
        try:
            found = json.loads(read_text(self.path / LIST))
        except (OSError, ValueError) as error:
            raise self._broken(error) from error
        if not isinstance(found, dict):
            raise self._broken(TypeError("it is no table"))
        return found

    def _cell(self, table: Mapping[str, Any]) -> Cell:
        cell = Cell(**table)
        file = self.path / CELLS / f"{cell.name}.toml"
        return replace(cell, recipe=read_text(file)) if file.is_file() else cell

    def _broken(self, error: Exception) -> UsageError:
        return UsageError(
            f"{self.path} is no whole sweep: its {LIST} cannot be read: {type(error).__name__}: {error}",
            remedy=f"`gpreg sweep {self.path}` writes it anew",
        )


def ended(cell: Cell, outcome: Mapping[str, Any]) -> bool:
    """Whether a cell has ended, with as many steps as are wanted of it."""
    if not outcome:
        return False
    return outcome["state"] != "done" or cell.steps is None or int(outcome.get("step", 0)) >= cell.steps

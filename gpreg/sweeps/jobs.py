"""The jobs of a sweep: which cells share a process, and the command of each."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpreg.recipe import read
from gpreg.runs.plan import Supply
from gpreg.sweeps.cell import Cell
from gpreg.sweeps.folder import CELLS
from gpreg.sweeps.job import Job
from gpreg.sweeps.joint import joint_key

LARGEST = 16
"""Cells of one process: with more a step gets hardly cheaper, and one death costs more."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """How the processes of a sweep are started.

    Attributes:
        path: the sweep's folder, absolute.
        general: words between ``gpreg`` and ``sweep``, such as ``--plugin FILE.py``.
        options: words after the folder, such as ``--data-root DIR``.
    """

    path: Path
    general: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def words(self, names: Iterable[str]) -> tuple[str, ...]:
        """The words after ``gpreg`` that run some cells."""
        cells = [word for name in names for word in ("--cell", name)]
        return (*self.general, "sweep", str(self.path), *self.options, *cells)

    def job(self, names: Sequence[str]) -> Job:
        """The job that runs some cells."""
        log = self.path / CELLS / f"{names[0]}.log"
        return Job(words=(sys.executable, "-m", "gpreg", *self.words(names)), log=log)


def grouped(cells: Sequence[Cell], supply: Supply, *, vectorize: bool) -> list[tuple[str, ...]]:
    """The names of the cells that share a process: those that can be trained jointly.

    Args:
        cells: those that have not ended.
        supply: plugins and data.
        vectorize: whether any are trained jointly.
    """
    groups: dict[str, list[str]] = {}
    for cell in cells:
        groups.setdefault((_key(cell, supply) if vectorize else None) or cell.name, []).append(cell.name)
    found = []
    for names in groups.values():
        slots = max(1, os.cpu_count() or 1)
        size = min(LARGEST, -(-len(names) // slots))
        found += [tuple(names[start : start + size]) for start in range(0, len(names), size)]
    return found


def _key(cell: Cell, supply: Supply) -> str | None:
    if cell.steps is not None:  # it may go on later, which is a matter of its own
        return None
    return joint_key(supply.plan(read(cell.recipe, origin=cell.name, registry=supply.registry)))

"""Runs that no sweep holds together, as results: what differs between their recipes names their rows."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gpreg.registry.registry import Registry
from gpreg.reports.material import Material
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.sweeps.cell import Cell
from gpreg.sweeps.evidence import Evidence, read
from gpreg.sweeps.result import result_of, words

COLUMNS = ("dataset.name", "architecture.name")
"""Keys of a recipe that make columns where they vary."""

TITLES = ("measure.name", "form.name", "loss.name")
"""Keys whose values name a row without the key."""

LEFT_OUT = ("summary", "source", "training.seed", "penalty.rho", "metrics", "observers")
"""Keys that make no row: the seed is what rows are paired by, and results of one row may differ in rho."""


def material_of_runs(paths: Sequence[Path], registry: Registry) -> Material:
    """What a report of run folders is about.

    Raises:
        UsageError: a path is no run folder.
    """
    for path in paths:
        RunFolder.open(path)
    runs = [read(path) for path in paths]
    tables = [_flat(run.recipe) for run in runs]
    telling = _telling(tables)
    results = [result_of(run, _cell(run, table, telling)) for run, table in zip(runs, tables, strict=True)]
    commands = dict.fromkeys(_command(path) for path in paths)
    return Material(
        title=paths[0].name if len(paths) == 1 else f"{len(paths)} runs",
        what="run" if len(paths) == 1 else "runs",
        results=results,
        registry=registry,
        command="\n".join(filter(None, commands)),
        summary=str(runs[0].recipe.get("summary", "")) if len(paths) == 1 else "",
        definition=runs[0].text if len(paths) == 1 else "",
    )


def _cell(run: Evidence, table: Mapping[str, Any], telling: Sequence[str]) -> Cell:
    seed = table.get("training.seed", 0)
    return Cell(
        name=run.path.name,
        row=_title(table, [key for key in telling if key not in COLUMNS]),
        column=_column(table, telling),
        choices={key: table.get(key) for key in telling},
        rho=_rho(run, table),
        seed=seed if isinstance(seed, int) else 0,
        recipe=run.text,
    )


def _rho(run: Evidence, table: Mapping[str, Any]) -> float | str:
    """The rho of the recipe; ``"auto"`` where an advisor chose it."""
    if any(document.get("tuning") for document in run.advice.values()):
        return "auto"
    rho = table.get("penalty.rho", "auto")
    return float(rho) if isinstance(rho, int | float) else str(rho)


def _title(table: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Values in words: ``mid, training.batch_size 64``; the measure alone where nothing differs."""
    plain = (*TITLES, *COLUMNS)
    return ", ".join(
        f"{'' if key in plain else f'{key} '}{words(table.get(key, 'none'))}" for key in list(keys) or ["measure.name"]
    )


def _column(table: Mapping[str, Any], telling: Sequence[str]) -> str:
    return _title(table, [key for key in COLUMNS if key in telling] or ["dataset.name"])


def _telling(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys by whose values rows and columns are named: as few as tell apart all recipes that differ.

    Where two measures have forms of their own, the form tells nothing that the measure does not.
    """
    keys = dict.fromkeys((*COLUMNS, *TITLES, *(key for table in tables for key in table)))
    telling: list[str] = []
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {(): list(tables)}
    for key in keys:
        if key in LEFT_OUT or not any(_differ(group, key) for group in groups.values()):
            continue
        telling.append(key)
        groups = {}
        for table in tables:
            groups.setdefault(tuple(repr(table.get(each)) for each in telling), []).append(table)
    return telling


def _differ(tables: Sequence[Mapping[str, Any]], key: str) -> bool:
    return any(table.get(key) != tables[0].get(key) for table in tables)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A recipe's tables as one, with dotted keys; an array stays one value."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def _command(path: Path) -> str:
    """The command that made a run; empty if it was made in Python."""
    words = RunFolder(path).read_document(ENVIRONMENT).get("command")
    if not isinstance(words, list) or not words or Path(str(words[0])).name != "gpreg":
        return ""
    return shlex.join(["gpreg", *map(str, words[1:])])

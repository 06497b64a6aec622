"""A sweep's folder as what a report is about: its cells, their outcomes, and the numbers of papers."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from gpreg.disk.regular import read_text
from gpreg.errors import GpregError, UsageError
from gpreg.registry.registry import Registry
from gpreg.reports.material import Material, Published
from gpreg.sweeps.cell import Cell, Result, Skipped
from gpreg.sweeps.evidence import read
from gpreg.sweeps.policies.choice import Tuned
from gpreg.sweeps.policies.table import policy_of
from gpreg.sweeps.policies.template import Template
from gpreg.sweeps.result import result_of

DEFINITION, CELLS = "sweep.toml", "cells.json"


def material_of_sweep(path: Path, registry: Registry) -> Material:
    """What the report of a sweep is about.

    Raises:
        UsageError: its definition, or the list of its cells, cannot be read.
    """
    text = read_text(path / DEFINITION)
    try:
        definition = tomllib.loads(text)
        listed = json.loads(read_text(path / CELLS))
        cells = [_cell(each, path) for each in listed["cells"]]
        skipped = [Skipped(choices=each["choices"], reason=each["reason"]) for each in listed.get("skipped", ())]
        published = [_published(each, definition) for each in definition.get("published", ())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} is no whole sweep: {type(error).__name__}: {error}", remedy=f"`gpreg sweep {path}` goes on with it"
        ) from error
    results = [_result(cell, path) for cell in cells]
    return Material(
        title=path.name,
        what="sweep",
        results=results,
        registry=registry,
        command=f"gpreg sweep {path / DEFINITION}",
        summary=str(definition.get("summary", "")),
        definition=text,
        score=definition.get("score"),
        skipped=skipped,
        published=published,
        tuned=_tuned(definition, results),
    )


def _cell(table: Mapping[str, Any], path: Path) -> Cell:
    """A cell with its recipe, which stands in a file of its own."""
    known = {field.name for field in fields(Cell)}
    cell = Cell(**{key: value for key, value in table.items() if key in known})
    file = path / "cells" / f"{cell.name}.toml"
    return replace(cell, recipe=read_text(file)) if file.is_file() else cell


def _published(table: Mapping[str, Any], definition: Mapping[str, Any]) -> Published:
    return Published(
        row=str(table["row"]),
        column=str(table["column"]),
        score=str(table.get("score") or definition.get("score") or ""),
        value=float(table["value"]),
        source=str(table.get("source", "")),
    )


def _tuned(definition: Mapping[str, Any], results: Sequence[Result]) -> Sequence[Tuned]:
    """How each row's rho was chosen on tuning seeds; empty without such runs."""
    tuning = [result for result in results if result.cell.phase == "tuning"]
    if not tuning:
        return ()
    steps: dict[tuple[str, str], int] = {}
    for result in tuning:
        of = tomllib.loads(result.cell.recipe).get("training", {}).get("steps", result.step)
        place = result.cell.row, result.cell.column
        steps[place] = max(steps.get(place, 0), of)
    seeds = sorted({result.cell.seed for result in results if result.cell.phase == "final"})
    policy = policy_of(definition.get("rho"), seeds=seeds, score=str(definition.get("score", "")))
    templates = [Template(row=row, column=column, rho="auto", steps=of) for (row, column), of in steps.items()]
    return policy.choices(templates, results)


def _result(cell: Cell, path: Path) -> Result:
    """The result of a cell: its state is what the sweep wrote, its scores are those of its run."""
    folder = path / "cells" / cell.name
    found = result_of(read(folder, text=cell.recipe), cell)
    try:
        outcome = json.loads(read_text(folder.with_name(f"{cell.name}.json")))
    except (GpregError, ValueError):  # there is none until the cell has ended
        return replace(found, state="pending", scores={}, reason="")
    done = outcome.get("state") == "done"
    return replace(
        found,
        state=outcome.get("state", "failed"),
        reason=str(outcome.get("reason") or ""),
        scores=found.scores if done else {},
        seconds=float(outcome.get("seconds") or 0.0),
    )

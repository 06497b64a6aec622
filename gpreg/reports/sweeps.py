"""A sweep's folder as what a report is about: its cells, their outcomes, and the numbers of papers."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpreg.registry.registry import Registry
from gpreg.reports.material import Material, Published
from gpreg.sweeps.cell import Result
from gpreg.sweeps.definition import FILE, Definition
from gpreg.sweeps.folder import SweepFolder
from gpreg.sweeps.policies.choice import Tuned
from gpreg.sweeps.policies.table import policy_of
from gpreg.sweeps.policies.template import Template


def material_of_sweep(path: Path, registry: Registry) -> Material:
    """What the report of a sweep is about. It is read as it is, without the plugins and data that its runs need.

    Raises:
        UsageError: its definition, or the list of its cells, cannot be read.
    """
    folder = SweepFolder.open(path)
    definition, results = folder.definition, folder.results()
    return Material(
        title=path.name,
        what="sweep",
        results=results,
        registry=registry,
        command=f"gpreg sweep {path / FILE}",
        summary=definition.summary,
        definition=definition.text,
        score=definition.score or None,
        skipped=folder.skipped,
        published=[_published(each, definition) for each in definition.published],
        tuned=_tuned(definition, results),
    )


def _published(table: Mapping[str, Any], definition: Definition) -> Published:
    return Published(
        row=str(table["row"]),
        column=str(table["column"]),
        score=str(table.get("score") or definition.score),
        value=float(table["value"]),
        source=str(table.get("source", "")),
    )


def _tuned(definition: Definition, results: Sequence[Result]) -> Sequence[Tuned]:
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
    policy = policy_of(definition.rho, seeds=seeds, score=definition.score)
    templates = [Template(row=row, column=column, rho="auto", steps=of) for (row, column), of in steps.items()]
    return policy.choices(templates, results)

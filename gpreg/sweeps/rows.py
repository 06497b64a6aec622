"""The rows of a sweep: every combination of its axes, as the plan of a run without seed and coefficient."""

import itertools
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gpreg.errors import UnknownNameError, UsageError
from gpreg.experiments import choices as notes
from gpreg.experiments.choices import LIST_OPTIONS, VARIED
from gpreg.experiments.experiment import experiment
from gpreg.recipe import lists
from gpreg.recipe.layout import LISTS
from gpreg.registry.kinds import METRIC
from gpreg.runs.plan import Plan, Supply
from gpreg.sweeps.cell import Skipped
from gpreg.sweeps.definition import COLUMNS, RECIPE, VARIANT, Definition
from gpreg.sweeps.policies import Template


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row in a column, before it has a seed and a coefficient.

    Attributes:
        template: row and column in words, and what a policy looks at.
        choices: the value of every axis.
        plan: of its run.
    """

    template: Template
    choices: Mapping[str, Any]
    plan: Plan


@contextmanager
def _told_once() -> Iterator[None]:
    """A note on choices is told once inside, since many rows have the same choices."""
    told = set[str]()

    def is_new(record: logging.LogRecord) -> bool:
        before = len(told)
        told.add(record.getMessage())
        return len(told) > before

    source = logging.getLogger(notes.__name__)
    source.addFilter(is_new)
    try:
        yield
    finally:
        source.removeFilter(is_new)


@_told_once()
def rows_of(definition: Definition, supply: Supply) -> tuple[list[Row], list[Skipped]]:
    """Every combination that is possible, and every one that is not, with the reason.

    Raises:
        UsageError: a name is unknown, or no combination at all is possible.
    """
    rows, skipped, refused = list[Row](), list[Skipped](), None
    for point in _points(definition):
        try:
            rows.append(_row(definition, point, supply))
        except UnknownNameError:
            raise
        except UsageError as error:
            refused = refused or error
            skipped.append(Skipped(choices=_told(point), reason=error.message))
    if refused is not None and not rows:
        raise refused
    return rows, skipped


def base_plans(definition: Definition, rows: list[Row], supply: Supply) -> dict[str, Plan]:
    """For each column the plan of the sweep's recipe, before the choices that make a row."""
    columns = columns_of(definition)
    found: dict[str, Plan] = {}
    for row in rows:
        if row.template.column not in found:
            kept = {key: value for key, value in row.choices.items() if key in columns}
            found[row.template.column] = _plan(definition, kept, supply)
    return found


def score_of(definition: Definition, rows: list[Row]) -> str:
    """What rows are compared by: what the definition says, or the first value of the recipe's first metric.

    Raises:
        UsageError: there is nothing to compare by.
    """
    if definition.score:
        return definition.score
    for row in rows:
        for choice in row.plan.recipe.metrics:
            for name in row.plan.registry.get(METRIC, choice.name).values:
                return f"{choice.name}/{name}"
    raise UsageError(
        "nothing is scored, so that there is nothing to compare rows by",
        remedy="name a metric, as in --metric wasserstein; `gpreg list-metrics` lists them",
    )


def columns_of(definition: Definition) -> tuple[str, ...]:
    """The axes that make columns."""
    if definition.columns:
        return definition.columns
    varying = {RECIPE} if len(definition.recipes) > 1 else set()
    return tuple(key for key in COLUMNS if key in {*varying, *(k for k, v in definition.axes.items() if len(v) > 1)})


def _points(definition: Definition) -> Iterator[dict[str, Any]]:
    """The values of all axes; a variant is its table."""
    axes: dict[str, list[Any]] = {RECIPE: list(definition.recipes), **definition.axes}
    if definition.variants:
        axes[VARIANT] = list(definition.variants)
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _row(definition: Definition, point: Mapping[str, Any], supply: Supply) -> Row:
    plan = _plan(definition, point, supply)
    columns = columns_of(definition)
    known = {RECIPE, *definition.axes}
    column = ", ".join(title(point[key]) for key in columns if key in known) or plan.recipe.dataset.name
    variant = point.get(VARIANT)
    varying = [key for key, values in definition.axes.items() if len(values) > 1 and key not in columns]
    if len(definition.recipes) > 1 and RECIPE not in columns:
        varying.insert(0, RECIPE)
    words = [variant["name"]] if variant else []
    words += [_word(key, point[key]) for key in varying]
    row = ", ".join(words) or plan.recipe.measure.name
    template = Template.of(plan, row=row, column=column, tune=variant.get("tune", True) if variant else True)
    return Row(template=template, choices=_told(point), plan=plan)


def _plan(definition: Definition, point: Mapping[str, Any], supply: Supply) -> Plan:
    variant = point.get(VARIANT)
    own = variant.get("choices", {}) if isinstance(variant, Mapping) else {}
    axes = {key: value for key, value in point.items() if key not in {VARIANT, RECIPE}}
    made = experiment(
        point.get(RECIPE, definition.recipes[0]),
        registry=supply.registry,
        data_root=supply.data_root,
        download=supply.download,
        **_of_chosen({**definition.choices, **axes, **own}, definition),
    )
    return made.plan


def _of_chosen(choices: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    """Choices without options of plugins that only other rows have, such as those of a regularizer where there is none.

    Options of what no row has stay, so that they are refused.
    """
    found = dict(choices)
    for keyword, array in LIST_OPTIONS.items():
        if array not in definition.axes:
            continue
        known, chosen = (set(lists.names(value)) for value in (_flattened(definition.axes[array]), found[array]))

        def speaks(path: str, known: set[str] = known, chosen: set[str] = chosen) -> bool:
            plugin = lists.owner(f"{path}.", known)
            return plugin in chosen if plugin else bool(chosen)

        if keyword in found:
            found[keyword] = {path: value for path, value in found[keyword].items() if speaks(path)}
        below = f"{array}."
        found = {
            key: value for key, value in found.items() if not key.startswith(below) or speaks(key.removeprefix(below))
        }
    return found


def _flattened(values: Iterable[Any]) -> list[Any]:
    """All that some values of an axis name, each of which may name several."""
    return [name for value in values for name in lists.names(value)]


def _word(key: str, value: Any) -> str:
    """The value of an axis in the name of a row."""
    if key in {"measure", RECIPE}:
        return title(value)
    if key in VARIED:
        return f"no {LISTS[key]}" if value in ("none", "") else title(value)
    return f"{key} {title(value)}"


def title(value: Any) -> str:
    """A value of an axis in words.

    >>> title({"name": "dragan", "scale": 0.5}), title(1e-3), title("pd")
    ('dragan, scale 0.5', '0.001', 'pd')
    """
    if isinstance(value, Mapping):
        rest = [f"{key} {title(item)}" for key, item in value.items() if key != "name"]
        return ", ".join([*([str(value["name"])] if "name" in value else []), *rest])
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(title, value)) if isinstance(value, list | tuple) else str(value)


def _told(point: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all axes as data; of a variant its name."""
    told = {key: value for key, value in point.items() if value is not None}
    if isinstance(told.get(VARIANT), Mapping):
        told[VARIANT] = told[VARIANT]["name"]
    return told

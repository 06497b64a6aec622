"""What a sweep is to compare: recipes, axes, variants, seeds and a policy of rho, as its TOML file says it."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tomli_w

from gpreg.errors import UsageError, did_you_mean
from gpreg.recipe.layout import LISTS, PLUGINS
from gpreg.registry.registry import Registry
from gpreg.sweeps.policies.numbers import seeds_of

KEYS = ("summary", "recipe", "score", "columns", "choices", "axes", "rho", "variants", "published", "scales")
"""The keys of a sweep's file."""

FILE = "sweep.toml"
"""The name of the definition in a sweep's folder."""

EXAMPLES = "`gpreg list-sweeps` has examples, and `gpreg show sweep NAME` prints one"
"""How somebody whose file is no TOML sees one that is."""

VARIANT, RECIPE, SEED = "variant", "recipe", "seed"
"""Axes that are no choices of ``gpreg.experiment``."""

COLUMNS = (RECIPE, "architecture", "dataset")
"""Axes that make columns, unless others are named."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What a sweep is to compare.

    Attributes:
        recipes: names or files of recipes; ``None`` in it: the one that the architecture is tried with first.
        axes: the values of each choice that varies, by its keyword of ``gpreg.experiment`` or dotted key of a recipe.
        seeds: those of the runs that are reported.
        choices: those that are the same in every cell.
        variants: named rows, each a table with ``name``, ``choices`` and perhaps ``tune``.
        rho: the table ``[rho]``, see :func:`gpreg.sweeps.policies.policy_of`; ``None``: rho of the recipe.
        score: what rows are compared by, as ``metric/value``; empty: the first of the recipe's first metric.
        columns: the axes that make columns; empty: those of :data:`COLUMNS` that vary.
        published: numbers of papers, to be shown beside those that are measured.
        summary: one line about it.

    >>> found = Definition.of({"recipe": "plane", "axes": {"measure": ["mid", "pd"], "seed": "0:3"}})
    >>> found.seeds, found.axes
    ((0, 1, 2), {'measure': ['mid', 'pd']})
    """

    recipes: tuple[str | None, ...]
    axes: Mapping[str, list[Any]] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2)
    choices: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Mapping[str, Any], ...] = ()
    rho: Mapping[str, Any] | None = None
    score: str = ""
    columns: tuple[str, ...] = ()
    published: tuple[Mapping[str, Any], ...] = ()
    summary: str = ""

    @classmethod
    def of(cls, table: Mapping[str, Any], *, scale: str | None = None) -> "Definition":
        """The definition that the table of a TOML file means.

        Args:
            table: as ``tomllib`` reads it.
            scale: one of its ``[scales]``, whose tables are merged over the others, and whose lists replace them.

        Raises:
            UsageError: a key is unknown, a value is of another type, or there is no such scale.
        """
        for key in table:
            if key not in KEYS:
                raise UsageError(
                    f"a sweep has no key {key!r}{did_you_mean(key, KEYS)}",
                    remedy=f"its keys are {', '.join(KEYS)}; what is the same in each run stands below [choices]",
                )
        whole = dict(table)
        scales = _table(whole.pop("scales", {}), "scales")
        if scale is not None:
            if scale not in scales:
                known = ", ".join(scales) or "none"
                raise UsageError(
                    f"the sweep has no scale {scale!r}{did_you_mean(scale, scales)}", remedy=f"its scales: {known}"
                )
            whole = merged(whole, _table(scales[scale], f"scales.{scale}"))
        axes = dict(_table(whole.get("axes", {}), "axes"))
        seeds = axes.pop(SEED, [0, 1, 2])
        axes = {_keyword(key): _axis(key, values) for key, values in axes.items()}
        choices = {_keyword(key): value for key, value in _table(whole.get("choices", {}), "choices").items()}
        if both := sorted(choices.keys() & axes.keys()):
            raise UsageError(f"{both[0]} is in [choices] and in [axes]", remedy="leave it out of one of them")
        columns = tuple(_keyword(each) for each in _list(whole.get("columns", [])))
        for column in columns:
            if column not in axes and column not in COLUMNS:
                raise UsageError(
                    f"columns has {column!r}, which is no axis{did_you_mean(column, (*axes, *COLUMNS))}",
                    remedy=f"axes are {', '.join(axes) or 'none'}",
                )
        recipes = whole.get("recipe")
        rho = whole.get("rho")
        return cls(
            recipes=tuple(recipes) if isinstance(recipes, list) else (recipes,),
            axes=axes,
            seeds=seeds_of([seeds] if isinstance(seeds, int) else seeds),
            choices=choices,
            variants=tuple(_variant(each) for each in whole.get("variants", ())),
            rho=None if rho is None else dict(_table(rho, "rho")),
            score=str(whole.get("score", "")),
            columns=columns,
            published=tuple(_published(each) for each in whole.get("published", ())),
            summary=str(whole.get("summary", "")),
        )

    @classmethod
    def read(cls, text: str, *, origin: str, scale: str | None = None) -> "Definition":
        """The definition that the text of a TOML file means.

        Raises:
            UsageError: it is no TOML, or no sweep.
        """
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{origin} is no TOML: {error}", remedy=EXAMPLES) from error
        return cls.of(table, scale=scale)

    def named(self, registry: Registry) -> "Definition":
        """The definition in which ``all`` is replaced by the names of all that are installed."""
        kinds = {**PLUGINS, **LISTS}
        axes = {
            key: [spec.name for spec in registry.list(kinds[key])] if values == ["all"] and key in kinds else values
            for key, values in self.axes.items()
        }
        return Definition(**{**vars(self), "axes": axes})

    @property
    def table(self) -> dict[str, Any]:
        """The table that means this definition."""
        told = {
            "summary": self.summary,
            "recipe": list(self.recipes) if len(self.recipes) > 1 else self.recipes[0],
            "score": self.score,
            "columns": list(self.columns),
            "choices": dict(self.choices),
            "axes": {**self.axes, SEED: list(self.seeds)},
            "rho": self.rho,
            "variants": [dict(each) for each in self.variants],
            "published": [dict(each) for each in self.published],
        }
        return {key: value for key, value in told.items() if value}

    @property
    def text(self) -> str:
        """The TOML text that means this definition."""
        return tomli_w.dumps(self.table)


def merged(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A table with others merged over it; what is no table is replaced.

    >>> merged({"axes": {"seed": "0:9", "measure": ["pd"]}}, {"axes": {"seed": "0:3"}})
    {'axes': {'seed': '0:3', 'measure': ['pd']}}
    """
    found = dict(table)
    for key, value in changes.items():
        old = found.get(key)
        found[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


def _keyword(key: str) -> str:
    """The keyword of a choice: ``arch`` is ``architecture``."""
    return next((kind.name for kind in PLUGINS.values() if key in kind.aliases), key)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value]


def _axis(key: str, value: Any) -> list[Any]:
    if value == "all":
        return ["all"]
    if not isinstance(value, list | tuple) or not value:
        raise UsageError(f"axes.{key} is {value!r}; an axis is a list", remedy=f"write {key} = [...], or use [choices]")
    return list(value)


def _table(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{name} of a sweep is {value!r}; it must be a table", remedy=f"write [{name}] and keys below")
    return value


def _variant(value: Any) -> Mapping[str, Any]:
    table = _table(value, "variants")
    for key in table:
        if key not in {"name", "choices", "tune"}:
            raise UsageError(
                f"a variant has no key {key!r}{did_you_mean(key, ('name', 'choices', 'tune'))}",
                remedy="its keys are name, choices and tune",
            )
    if not isinstance(table.get("name"), str):
        raise UsageError("a variant has no name", remedy='write name = "..." below [[variants]]')
    _table(table.get("choices", {}), "variants.choices")
    return table


def _published(value: Any) -> Mapping[str, Any]:
    table = _table(value, "published")
    wanted = {"row": str, "column": str, "value": int | float}
    for key, of in wanted.items():
        if not isinstance(table.get(key), of):
            told = "a number" if key == "value" else "text"
            raise UsageError(
                f"{key} of a published number is {table.get(key)!r}; it must be {told}",
                remedy="[[published]] has row, column and value, and perhaps score and source",
            )
    return table

"""The definition of a sweep, as its TOML file has it: what is the same in each cell, and what varies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.recipe.document import parse
from gpreg.sweeps.policies.numbers import seeds_of
from gpreg.sweeps.policies.table import policy_of

SEED = "seed"
"""The axis of seeds, which makes neither rows nor columns."""

_ENTRIES = {"variants": ("name", "choices", "tune"), "published": ("row", "column", "value", "score", "source")}
"""The keys that an entry of an array of tables may have."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A sweep to be.

    Attributes:
        summary: one line.
        recipe: a name or file; ``None``: the recipe that the architecture is tried with first.
        score: what rows are compared by, as ``metric/value``; empty: the first value of the recipe's first metric.
        columns: the axes that make columns; ``None``: those of recipe, architecture and dataset that vary.
        choices: the same in each cell: choices of :func:`gpreg.experiment`, or dotted keys of the recipe.
        axes: for each choice its values, ``"all"`` for all that are installed; the seeds are in ``seeds``.
        seeds: those of the runs that are reported.
        rho: the table of the policy that gives rows their coefficient; empty: that of the recipe.
        variants: named choices, which are crossed with the axes.
        published: numbers of publications, to be shown beside the measured ones.

    >>> Definition.of({"recipe": "plane", "axes": {"measure": ["mid", "pd"], "seed": "0:3"}}).seeds
    (0, 1, 2)
    """

    summary: str = ""
    recipe: str | None = None
    score: str = ""
    columns: tuple[str, ...] | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    rho: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Mapping[str, Any], ...] = ()
    published: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def read(cls, text: str, *, origin: str, scale: str | None = None) -> "Definition":
        """The definition that a TOML text describes.

        Args:
            text: of the file.
            origin: the file's name, for errors.
            scale: which of its ``[scales]`` is merged over the rest.

        Raises:
            UsageError: the text is no TOML, or a key or value is impossible.
        """
        return cls.of(parse(text, origin=origin), scale=scale)

    @classmethod
    def of(cls, table: Mapping[str, Any], *, scale: str | None = None) -> "Definition":
        """The definition that the table of a file describes; arguments and errors are those of :meth:`read`."""
        given = dict(table)
        scales = _table(given.pop("scales", {}), "scales")
        if scale is not None:
            if scale not in scales:
                raise UsageError(
                    f"the sweep has no scale {scale!r}{did_you_mean(scale, scales)}",
                    remedy=f"it has {', '.join(scales)}" if scales else "leave --scale out",
                )
            given = _merged(given, _table(scales[scale], f"scales.{scale}"))
        known = [each.name for each in fields(cls) if each.name != "seeds"]
        _refuse_unknown(given, known, "a sweep")
        for key in ("summary", "recipe", "score"):
            if key in given and not isinstance(given[key], str):
                if key == "recipe" and isinstance(given[key], list):  # a list of recipes is an axis
                    given["axes"] = {"recipe": given.pop("recipe"), **_table(given.get("axes", {}), "axes")}
                    continue
                raise UsageError(f"{key} is {given[key]!r}; it must be text", remedy=f'write {key} = "..."')
        axes = {key: _values(key, each) for key, each in _table(given.pop("axes", {}), "axes").items()}
        seeds = _seeds(axes.pop(SEED, [0]))
        for key in ("choices", "rho"):
            given[key] = _table(given.get(key, {}), key)
        for key in _ENTRIES:
            given[key] = tuple(_entries(given.get(key, []), key))
        if "columns" in given:
            given["columns"] = tuple(given["columns"])
            for column in given["columns"]:
                if column not in axes:
                    raise UsageError(
                        f"columns has {column!r}, which is no axis{did_you_mean(column, axes)}",
                        remedy=f"axes are {', '.join(axes)}",
                    )
        if both := [key for key in axes if key in given["choices"]]:
            raise UsageError(f"{both[0]} is in [choices] and in [axes]", remedy="leave it out of one of them")
        policy_of(given["rho"], seeds=seeds, score=given.get("score", ""))
        return cls(axes=axes, seeds=seeds, **given)


def _table(given: Any, key: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise UsageError(f"{key} is {given!r}; it must be a table", remedy=f"write [{key}] and its keys below it")
    return dict(given)


def _values(key: str, given: Any) -> Any:
    """The values of an axis; text is kept only where it means several values."""
    if key == SEED or given == "all":
        return given
    if not isinstance(given, list | tuple) or not given:
        raise UsageError(f"axes.{key} is {given!r}; an axis is a list", remedy=f"write {key} = [...], or use [choices]")
    return tuple(given)


def _seeds(given: Any) -> tuple[int, ...]:
    try:
        return seeds_of(given)
    except UsageError as error:
        message = error.message.replace("rho.tuning_seeds", "axes.seed")
        raise UsageError(message, remedy='write seed = "0:3", which is 0, 1 and 2, or a list') from error


def _entries(given: Any, key: str) -> Iterable[Mapping[str, Any]]:
    if not isinstance(given, list | tuple):
        raise UsageError(f"{key} is no array of tables", remedy=f"write [[{key}]]")
    for each in given:
        entry = _table(each, key)
        _refuse_unknown(entry, _ENTRIES[key], f"an entry of [[{key}]]")
        if needed := [name for name in _ENTRIES[key][:1] if name not in entry]:
            raise UsageError(f"an entry of [[{key}]] has no {needed[0]}", remedy=f'write {needed[0]} = "..."')
        yield entry


def _refuse_unknown(given: Iterable[str], known: Iterable[str], whose: str) -> None:
    known = list(known)
    for key in given:
        if key not in known:
            raise UsageError(
                f"{whose} has no key {key!r}{did_you_mean(key, known)}", remedy=f"keys: {', '.join(known)}"
            )


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A table with another's values over its own; tables inside are merged alike."""
    both = {
        key: value for key, value in over.items() if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
    }
    return {**base, **over, **{key: _merged(base[key], value) for key, value in both.items()}}

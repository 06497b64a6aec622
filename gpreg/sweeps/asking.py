"""The definition that a user asks for: a recipe, a sweep by its name, file or folder, and what is changed in it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpreg.disk.regular import read_text
from gpreg.errors import UnknownNameError, UsageError, did_you_mean
from gpreg.experiments.choices import KEYWORDS, VARIED
from gpreg.recipe.layout import LISTS, ORDER, PLUGINS
from gpreg.registry.kinds import RECIPE, SWEEP
from gpreg.registry.registry import Registry
from gpreg.registry.wording import shown
from gpreg.sweeps.definition import EXAMPLES, FILE, KEYS, Definition
from gpreg.sweeps.policies.numbers import seeds_of


def definition_of(
    given: str | Path | None,
    registry: Registry,
    choices: Mapping[str, Any],
    *,
    seeds: Any = None,
    rho: Mapping[str, Any] | None = None,
    score: str = "",
    scale: str | None = None,
) -> Definition:
    """The definition that is asked for.

    Args:
        given: a recipe, or a sweep's name or TOML file; ``None``: the recipe of the architecture that is chosen.
        registry: has what may be named.
        choices: those that are changed: a list is an axis, anything else is the same in each cell. Regularizers and the
            like that a cell is to have together are one text, with commas.
        seeds: ``"0:5"``, or a list.
        rho: the table ``[rho]``.
        score: what rows are compared by.
        scale: one of the sweep's scales.

    Raises:
        UsageError: there is no such recipe or sweep, or a choice is impossible.
    """
    table = _table(given, registry, scale)
    axes, same = dict(table.get("axes", {})), dict(table.get("choices", {}))
    for key, value in choices.items():
        _check(key, value)
        axes.pop(key, None)
        same.pop(key, None)
        if isinstance(value, list | tuple) and (key in VARIED or key not in LISTS):
            axes[key] = list(value)
        else:
            same[key] = value
    if seeds is not None:
        axes["seed"] = list(seeds_of([seeds] if isinstance(seeds, int) else seeds))
    changed = {**table, "axes": axes, "choices": same, **({"score": score} if score else {})}
    if rho is not None:
        changed["rho"] = dict(rho)
    return Definition.of(changed, scale=scale).named(registry)


def _table(given: str | Path | None, registry: Registry, scale: str | None) -> dict[str, Any]:
    """The table of a sweep that is given, or one with a recipe alone."""
    if given is None:
        return {}
    name = str(given)
    if any(spec.name == name for spec in registry.list(SWEEP)):
        return tomllib.loads(registry.build(SWEEP, name))
    place = Path(given)
    file = place / FILE if place.is_dir() and (place / FILE).is_file() else place
    if file.is_file():
        try:
            table = tomllib.loads(read_text(file))
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{file} is no TOML: {error}", remedy=EXAMPLES) from error
        if {"axes", "variants", "choices"} & table.keys() or "scales" in table:
            return table
    elif not place.is_dir():
        _check_name(name, registry)
    if scale is not None:
        raise UsageError(f"{name} is a recipe, which has no scales", remedy="`gpreg list-sweeps` lists those that have")
    return {"recipe": name}


def _check_name(name: str, registry: Registry) -> None:
    recipes = [spec.name for spec in registry.list(RECIPE)]
    if name in recipes or name.endswith(".toml"):
        return
    known = [*recipes, *(spec.name for spec in registry.list(SWEEP))]
    raise UnknownNameError("recipe or sweep", name, known, listing="`gpreg list-sweeps` and `gpreg list-recipes`")


def _check(key: str, value: Any) -> None:
    """Refuse what no file can say."""
    if "." not in key and key not in KEYWORDS and key not in ORDER:
        meant = next((kind.key for kind in PLUGINS.values() if key in kind.aliases), key)
        raise UsageError(
            f"a sweep has no choice {key!r}{did_you_mean(meant, (*KEYWORDS, *ORDER, *KEYS))}",
            remedy=f"choices are {', '.join(KEYWORDS)}, and any key of a recipe, such as penalty.every",
        )
    for each in value if isinstance(value, list | tuple) else [value]:
        if isinstance(each, Mapping):
            for inner, item in each.items():
                _check_plain(f"{key}.{inner}", item)
        else:
            _check_plain(key, each)


def _check_plain(key: str, value: Any) -> None:
    items = value if isinstance(value, list | tuple) else [value]
    for item in items:
        if not isinstance(item, str | int | float | bool | Mapping):
            raise UsageError(
                f"{key} of a sweep is {shown(item)}; its runs are processes of their own, which objects do not reach",
                remedy="write it into a file: gpreg.sweep(..., plugins='mine.py', measure='mine.py:Mine')",
            )

"""Override a recipe by choices: dotted keys with new values, which are words of a command line or TOML values."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from gpreg.errors import UnknownNameError
from gpreg.recipe import lists
from gpreg.recipe.layout import LISTS, OPTIMIZERS, PLUGINS, UNSTATED
from gpreg.recipe.problem import as_error
from gpreg.recipe.recipe import Recipe
from gpreg.recipe.table import from_table, to_table
from gpreg.registry.kinds import MEASURE
from gpreg.registry.registry import Registry

FROM = "; changed from: "
"""Separates the summary of the changed recipe from that of the original one."""

BOTH = "optimizer"
"""The key of choices that apply to both players' optimisers."""


def override(recipe: Recipe, choices: Mapping[str, Any], registry: Registry) -> tuple[Recipe, tuple[str, ...]]:
    """Change a recipe by choices.

    Keys are dotted (``"penalty.rho"``, ``"measure.name"``, ``"critic_optimizer.lr"``), values are words or TOML values.
    Tables of options, as :func:`gpreg.registry.options.assignments` makes them, are merged: ``{"measure": {"clip":
    "0.1"}}``. The key ``optimizer`` applies to both players. Arrays of tables, such as ``metrics``, take names
    separated by commas, or ``"none"``; ``regularizers.lecam.weight`` is an option of a plugin in one, and
    ``regularizers.weight`` that of each plugin in it that has such an option.

    * A plugin that is replaced takes its options with it.
    * Another measure brings its default gradient form, unless a form is chosen too.
    * Another optimiser keeps the learning rate ``lr`` and drops the other arguments.
    * Training without labels drops ``training.fake_labels``.
    * A key that is chosen is no longer marked as unstated by the source.
    * If a plugin is replaced, the summary says what is trained now, followed by the original summary.

    Returns:
        The new recipe, and notes for the user on what was dropped although it was not chosen.

    Raises:
        UsageError: choices are impossible; all are listed, each with the nearest possible one.
    """
    table = to_table(recipe)
    changes = _changes(choices)
    for name, values in lists.split(choices)[1].items():
        items = changes.get(name, table.get(name, []))
        tables = isinstance(items, list) and all(isinstance(item, Mapping) for item in items)
        changes[name] = lists.with_options(name, items, values, registry) if tables else items  # reported below
    _give_form_a_name(table, changes, registry)
    switched = _switched(table, changes)
    notes = [_keep_rate(table, player, changes) for player in OPTIMIZERS if player in switched]
    _summarise(table, changes, switched.intersection(PLUGINS))
    for name in switched.intersection(PLUGINS):
        table.pop(name, None)
    if "measure" in switched:
        switched.add("form")
        table.pop("form", None)
    if lost := _drop_fake_labels(table, changes):
        notes.append(lost)
    _drop_marks(table, changes, switched)
    changed, problems = from_table(_merged(table, changes), registry)
    if changed is None:
        raise as_error(problems, lambda path: "")
    return changed, tuple(note for note in notes if note)


def replaced(table: Mapping[str, Any], choices: Mapping[str, Any]) -> frozenset[str]:
    """The tables and arrays of a recipe in which choices replace the plugin or optimiser.

    Args:
        table: the recipe as a TOML table, not necessarily valid.
        choices: as :func:`override` takes them.
    """
    changes = _changes(choices)
    switched = _switched(table, changes)
    with_measure = {"form"} if "measure" in switched else set()
    return frozenset(switched | with_measure | (LISTS.keys() & changes))


def chosen_for(base: Recipe, changed: Recipe, choices: Mapping[str, Any]) -> Recipe | None:
    """The changed recipe with the measure and form that its rho was chosen for; ``None`` if it has these already.

    Args:
        base: the recipe before the choices.
        changed: the recipe after them.
        choices: as :func:`override` took them.
    """
    penalty = _changes(choices).get("penalty", {})
    given = isinstance(penalty, Mapping) and {"rho", "rho_trace"} & penalty.keys()
    switched = changed.measure.name != base.measure.name or (
        changed.form is not None and changed.form.name != (base.form.name if base.form else None)
    )
    if given or not switched or changed.penalty.rho == "auto":
        return None
    return replace(changed, measure=base.measure, form=base.form)


def _changes(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Choices as the nested tables of a recipe: ``optimizer`` copied to both players, lists of names split.

    Options of the plugins in arrays of tables are not among them.
    """
    changes = _nested(lists.split(choices)[0])
    if BOTH in changes:
        both = changes.pop(BOTH)
        changes |= {player: _merged(both, changes[player]) if player in changes else both for player in OPTIMIZERS}
    for name in LISTS:
        if isinstance(changes.get(name), str):
            changes[name] = [{"name": word} for word in lists.words(changes[name])]
    return changes


def _switched(table: Mapping[str, Any], changes: Mapping[str, Any]) -> set[str]:
    return {name for name in (*PLUGINS, *OPTIMIZERS) if _switches(table.get(name, {}), changes.get(name), name)}


def _nested(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as nested tables: ``{"penalty.rho": 2}`` is ``{"penalty": {"rho": 2}}``."""
    nested: dict[str, Any] = {}
    for key, value in choices.items():
        tree = value
        for part in reversed(key.split(".")):
            tree = {part: tree}
        nested = _merged(nested, tree)
    return nested


def _merged(old: Any, new: Any) -> Any:
    """Tables are merged key by key; anything else is replaced."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}


def _give_form_a_name(table: dict[str, Any], changes: dict[str, Any], registry: Registry) -> None:
    """If options of a form are chosen but no form, they are those of the measure's default form."""
    form = changes.get("form")
    if not isinstance(form, Mapping) or "name" in form:
        return
    measure = _merged(table["measure"], changes.get("measure", {}))
    name = measure.get("name") if isinstance(measure, Mapping) else None
    if not isinstance(name, str):  # reported with the other problems
        return
    keeps = "form" in table and not _switches(table["measure"], changes.get("measure"), "measure")
    try:
        usual = registry.get(MEASURE, name).form
    except UnknownNameError:  # so is this
        return
    changes["form"] = {"name": table["form"]["name"] if keeps else usual, **form}


def _switches(old: Any, new: Any, table: str) -> bool:
    """Whether a change replaces the plugin or optimiser that the table names."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping) or not isinstance(new.get("name"), str):
        return False
    same = old.get("name")
    return bool(new["name"].lower() != str(same).lower() if table in OPTIMIZERS else new["name"] != same)


def _summarise(table: dict[str, Any], changes: Mapping[str, Any], switched: Collection[str]) -> None:
    """Rewrite the summary: a recipe for digits that is given other data is no longer "Handwritten digits"."""
    if not switched or "summary" in changes:
        return
    names = [f"{name} {changes[name]['name']}" for name in PLUGINS if name in switched]
    was = table.get("summary", "").rpartition(FROM)[2]
    table["summary"] = f"{', '.join(names)}{FROM}{was}" if was else ", ".join(names)


def _keep_rate(table: dict[str, Any], player: str, changes: Mapping[str, Any]) -> str:
    """Drop the arguments of an optimiser that is replaced, except ``lr``; returns a note for the user."""
    old = table[player]
    table[player] = {key: old[key] for key in ("lr",) if key in old}
    lost = [f"{key} = {value}" for key, value in old.items() if key not in ("name", "lr", *changes[player])]
    kept = "" if "lr" in changes[player] or "lr" not in old else f"; lr = {old['lr']} is kept"
    return (
        f"{player}: {changes[player]['name']} replaces {old['name']}, whose {', '.join(lost)} no longer holds{kept}"
        if lost
        else ""
    )


def _drop_fake_labels(table: dict[str, Any], changes: Mapping[str, Any]) -> str:
    """Drop the law of fake labels if training is without labels; returns a note for the user."""
    chosen = changes.get("training")
    if not isinstance(chosen, Mapping) or "fake_labels" in chosen or str(chosen.get("conditional")).lower() != "false":
        return ""
    asked = table["training"].pop("fake_labels", "uniform")
    return "" if asked == "uniform" else f"training.fake_labels = {asked!r} no longer holds: there are no labels"


def _drop_marks(table: dict[str, Any], changes: Mapping[str, Any], switched: set[str]) -> None:
    """Drop the marks of keys that are chosen now: their values are no longer those that the source does not state."""
    chosen = {f"{name}.{key}" for name, change in changes.items() if isinstance(change, Mapping) for key in change}
    marks = table.pop(UNSTATED, {})
    kept = {key: why for key, why in marks.items() if key not in chosen and key.partition(".")[0] not in switched}
    if kept:
        table[UNSTATED] = kept

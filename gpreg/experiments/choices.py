"""The choices that make an experiment, keywords in Python and options on the command line, and what they change."""

import inspect
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gpreg.errors import UnknownNameError, UsageError, did_you_mean
from gpreg.experiments.arguments import table
from gpreg.recipe import Choice, CompleteRecipe, Recipe, borrowed_recipe, for_architecture, load, override
from gpreg.recipe.layout import LISTS, ORDER, PLUGINS
from gpreg.registry.kinds import ARCHITECTURE
from gpreg.registry.registry import Registry
from gpreg.registry.wording import type_name

_log = logging.getLogger(__name__)

SETTINGS = {
    "rho": "penalty.rho",
    "estimator": "penalty.estimator",
    "batch_size": "training.batch_size",
    "critic_steps": "training.critic_steps",
    "steps": "training.steps",
    "seed": "training.seed",
    "device": "compute.device",
    "precision": "compute.precision",
    "check_every": "report.check_ticks",
    "ema_halflife_kimg": "average.halflife_kimg",
    "compile": "compute.compile",
    "conditional": "training.conditional",
}
"""Choices that set a single key of the recipe; their help is that of the key."""

OPTIMIZERS = {
    "optimizer": "optimizer.name",
    "lr": "optimizer.lr",
    "critic_lr": "critic_optimizer.lr",
    "generator_lr": "generator_optimizer.lr",
}
"""Choices about the optimisers, whose arguments are torch's; the table ``optimizer`` is for both players."""

SET = "set"
"""The choice that sets any keys of the recipe, by a mapping of dotted keys or of tables."""

OPTIONS = {f"{kind}_options": kind for kind in PLUGINS}
"""Choices of a plugin's options, and the table of the recipe in which they are."""

LIST_OPTIONS = {f"{kind}_options": key for key, kind in LISTS.items() if kind.letter}
"""The same of those that a recipe names several of, by ``NAME.KEY``, or by ``KEY`` if all that have it are meant."""

VARIED = frozenset(LIST_OPTIONS.values())
"""Those of which a run has some rather than others, as an axis of a sweep may have it; not who watches and scores."""

KEYWORDS = (*PLUGINS, *OPTIONS, *SETTINGS, *OPTIMIZERS, *LISTS, *LIST_OPTIONS, SET)
"""What ``gpreg.experiment`` accepts beside a recipe's tables and dotted keys."""


def changes_of(choices: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that choices make in a recipe, by dotted keys and tables of options.

    Args:
        choices: the choices by keyword; ``None`` means that nothing is chosen. If two of them set the same key, the one
            that comes later in :data:`KEYWORDS` wins, except that ``set`` never does: ``steps=5`` overrides
            ``set={"training.steps": 4}``.

    Raises:
        UsageError: a keyword is unknown; names the nearest known one.
    """
    given = {name: value for name, value in choices.items() if value is not None or "." in name}
    for name in given:
        if "." not in name and name not in KEYWORDS and name not in ORDER:
            meant = next((kind.key for kind in PLUGINS.values() if name in kind.aliases), name)
            raise UsageError(
                f"an experiment has no choice {name!r}{did_you_mean(meant, (*KEYWORDS, *ORDER))}",
                remedy=f"choices are {', '.join(KEYWORDS)}; any other key of the recipe is set by its name with a dot, "
                'as in **{"penalty.every": 4}',
            )
    return dict(_changes(given))


def _changes(given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from _flat(given.pop(SET, {}))
    for name in [name for name in given if name not in KEYWORDS]:
        yield name, given.pop(name)
    for kind in PLUGINS:
        options = table(given.get(f"{kind}_options", {}), f"{kind}_options")
        if chosen := {**(_named(given[kind], kind) if kind in given else {}), **options}:
            yield kind, chosen
    for name, key in (SETTINGS | OPTIMIZERS).items():
        if name in given:
            value = given[name]
            if name == "device":
                value = str(value)  # of a torch.device, too
            if inspect.isclass(value) and value.__module__.startswith("torch.optim."):
                value = value.__name__
            both, _, leaf = key.rpartition(".")
            yield (both, dict(value)) if isinstance(value, Mapping) and leaf == "name" else (key, value)
    for name in LISTS:
        if name in given:
            yield name, _list(given[name], name)
    for name, array in LIST_OPTIONS.items():
        for path, value in _flat(given.get(name, {})):
            yield f"{array}.{path}", value


def _named(chosen: Any, kind: str) -> dict[str, Any]:
    """The table of a plugin: of its name, of a :class:`Choice`, or a table already."""
    if isinstance(chosen, str):
        return {"name": chosen}
    if isinstance(chosen, Choice):
        return {"name": chosen.name, **chosen.options}
    return dict(table(chosen, kind))


def _list(chosen: Any, name: str) -> Any:
    """The chosen plugins: names separated by commas, or a list in which those with options are tables."""
    if isinstance(chosen, str):
        return chosen
    each = list(chosen) if isinstance(chosen, Iterable) and not isinstance(chosen, Mapping) else [chosen]
    if all(isinstance(one, str) for one in each):
        return ",".join(each) or "none"
    return [_named(one, name) for one in each]


def _flat(keys: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table(keys, path or SET).items():
        dotted = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from _flat(value, dotted)
        else:
            yield dotted, value


def changed_recipe(
    recipe: Recipe | str | os.PathLike[str] | None, changes: Mapping[str, Any], registry: Registry
) -> tuple[Recipe, Recipe]:
    """The recipe that choices change, and the changed recipe; what else is dropped by the changes is logged.

    Args:
        recipe: a recipe, its name or its file; ``None``: the recipe that is meant for the chosen architecture.
        changes: the result of :func:`changes_of`.
        registry: has what may be named.

    Raises:
        UsageError: choices are not possible, of which it names all; or nothing says what to train.
    """
    if isinstance(recipe, Recipe):
        base = recipe
    elif not isinstance(recipe, str | os.PathLike | None):
        raise UsageError(
            f"the recipe is a {type_name(recipe)}; it must be the name of one, the path of a TOML file, or a Recipe",
            remedy="an experiment has .recipe, and .with_(...) for other choices; a run has .experiment",
        )
    else:
        base = _first(changes, registry) if recipe is None else named(recipe, registry, changes)
    changed, notes = override(base, changes, registry)
    for note in notes:
        _log.info("Note: %s", note)
    return base, changed


def _first(changes: Mapping[str, Any], registry: Registry) -> Recipe:
    """The recipe that is meant for the chosen architecture."""
    architecture, dataset = (_name_in(changes, kind) for kind in ("architecture", "dataset"))
    if architecture is None:
        raise UsageError(
            "nothing says what to train",
            remedy="name an architecture, as in `gpreg train --measure mid --arch mlp`, or a recipe of "
            "`gpreg list-recipes`",
        )
    base = for_architecture(architecture, registry, changes, dataset=dataset)
    if registry.get(ARCHITECTURE, architecture).recipe is None:
        _log.info(
            "Note: architecture %r names no recipe; what is not chosen here is taken from the recipe %r, and "
            "`gpreg train ... --dry-run` prints it",
            architecture,
            borrowed_recipe(architecture, registry, dataset=dataset),
        )
    return base


def _name_in(changes: Mapping[str, Any], kind: str) -> str | None:
    name = changes.get(f"{kind}.name", changes.get(kind, {}).get("name"))
    return name if isinstance(name, str) else None


def named(recipe: str | os.PathLike[str], registry: Registry, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Find a recipe by its name, its file, or a run's folder; what changes replace in it need not be installed.

    Raises:
        UsageError: there is no such recipe; says so if the name is that of something else.
    """
    try:
        return load(recipe, registry, changes)
    except UnknownNameError as error:
        if Path(recipe).exists():  # a file, or a run's folder, without a separator in its name
            return load(Path(recipe), registry, changes)
        kinds = [kind for kind in PLUGINS if str(recipe) in (spec.name for spec in registry.list(kind))]
        if not kinds:
            raise
        raise UsageError(
            f"{str(recipe)!r} is the name of a {kinds[0]}, not of a recipe",
            remedy=f"write --{kinds[0]} {recipe}; `gpreg list-recipes` lists the recipes",
        ) from error


def in_one_line(recipe: CompleteRecipe) -> str:
    """The main choices in one line: ``"mid / squared / wasserstein / mlp / 8gaussians, rho = 0.5"``."""
    return f"{recipe.title}, rho = {recipe.penalty.rho}"

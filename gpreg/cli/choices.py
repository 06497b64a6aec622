"""The choices that override a recipe: options that ``train`` and its like share, and the recipe that they make."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from gpreg.cli.parameters import complete_choice, complete_recipe, complete_words
from gpreg.errors import UnknownNameError, UsageError
from gpreg.recipe import Recipe, borrowed_recipe, chosen_for, for_architecture, load, override
from gpreg.recipe.layout import LISTS, PLUGINS, setting
from gpreg.registry.kinds import ARCHITECTURE
from gpreg.registry.options import assignments
from gpreg.registry.registry import Registry
from gpreg.runs.plan import Plan, Supply

_log = logging.getLogger(__name__)

_Command = TypeVar("_Command", bound=Callable[..., Any])

SETTINGS = {
    "rho": "penalty.rho",
    "estimator": "penalty.estimator",
    "batch-size": "training.batch_size",
    "critic-steps": "training.critic_steps",
    "steps": "training.steps",
    "seed": "training.seed",
    "device": "compute.device",
    "precision": "compute.precision",
    "check-every": "report.check_ticks",
    "ema-halflife-kimg": "average.halflife_kimg",
}
"""Options that set one key of the recipe; their help is that of the key."""

SWITCHES = {"compile/no-compile": "compute.compile", "conditional/unconditional": "training.conditional"}
"""Options without a value that set one key of the recipe."""

OPTIMIZERS = {
    "optimizer": ("optimizer.name", "NAME", "of both players: any class of torch.optim, or RMSpropTF"),
    "lr": ("optimizer.lr", "NUMBER", "learning rate of both players"),
    "critic-lr": ("critic_optimizer.lr", "NUMBER", "learning rate of the critic"),
    "generator-lr": ("generator_optimizer.lr", "NUMBER", "learning rate of the generator"),
}
"""Options about the optimisers, whose keys are torch's and have no help of their own."""

_METAVARS = {float: "NUMBER", int: "N", str: "NAME"}
_UNITS = ("ticks", "kimg")


def choices(command: _Command) -> _Command:
    """Give a command the argument RECIPE and every choice; it receives them as keywords, see :func:`chosen`."""
    options: list[Callable[[Any], Any]] = [
        click.argument("recipe", required=False, shell_complete=complete_recipe),
    ]
    for kind in PLUGINS.values():
        names = (f"--{name}" for name in (kind.name, *kind.aliases))
        complete = complete_choice(kind)
        options.append(click.option(*names, kind.name, metavar="NAME", help=kind.help, shell_complete=complete))
        letter = f"-{kind.letter}"
        about = f"option of the {kind}"
        options.append(click.option(letter, f"{kind}_options", multiple=True, metavar="KEY=VALUE", help=about))
    for name, key in SETTINGS.items():
        field = setting(key)
        words = complete_words(_possible(field))
        about = field.metadata["help"]
        options.append(click.option(f"--{name}", metavar=_metavar(field), help=about, shell_complete=words))
    for name, (_, metavar, about) in OPTIMIZERS.items():
        options.append(click.option(f"--{name}", metavar=metavar, help=about))
    for name, key in SWITCHES.items():
        on, off = name.split("/")
        options.append(click.option(f"--{on}/--{off}", on, default=None, help=setting(key).metadata["help"]))
    for key, kind in LISTS.items():
        complete = complete_choice(kind)
        about = f"{kind.help}; repeatable, or none"
        options.append(
            click.option(f"--{kind}", key, multiple=True, metavar="NAME", help=about, shell_complete=complete)
        )
    options.append(
        click.option(
            "--set",
            "keys",
            multiple=True,
            metavar="KEY=VALUE",
            help="any key of the recipe, such as penalty.every=16; --dry-run prints them all",
        )
    )
    for option in reversed(options):
        command = option(command)
    return command


def chosen(supply: Supply, recipe: str | None, given: dict[str, Any]) -> Plan:
    """The plan that the arguments of a command ask for; arguments as of :func:`chosen_with_origin`."""
    return chosen_with_origin(supply, recipe, given)[0]


def chosen_with_origin(supply: Supply, recipe: str | None, given: dict[str, Any]) -> tuple[Plan, Recipe | None]:
    """The plan that the arguments of a command ask for, and what its rho was chosen for.

    The second has the measure and the form that rho was chosen for; it is ``None`` where those are its own.

    Args:
        supply: has what may be named.
        recipe: name or file; ``None``: the one that the architecture is tried with first.
        given: the keywords that :func:`choices` gave the command.

    Raises:
        UsageError: every choice that is not possible, and every pair that clashes.
    """
    changes, registry = dict(_overrides(given)), supply.registry
    if recipe is not None:
        base = named(recipe, registry, changes)
    elif given["architecture"] is not None:
        base = for_architecture(given["architecture"], registry, changes, dataset=given["dataset"])
        if registry.get(ARCHITECTURE, given["architecture"]).recipe is None:
            borrowed = borrowed_recipe(given["architecture"], registry, dataset=given["dataset"])
            _log.info(
                "Note: architecture %r names no recipe; what is not chosen here is taken from the recipe %r, and "
                "`gpreg train ... --dry-run` prints it",
                given["architecture"],
                borrowed,
            )
    else:
        raise UsageError(
            "nothing says what to train",
            remedy="name an architecture, as in `gpreg train --measure mid --arch mlp`, or a recipe of "
            "`gpreg list-recipes`",
        )
    changed, notes = override(base, changes, registry)
    for note in notes:
        _log.info("Note: %s", note)
    return supply.plan(changed), chosen_for(base, changed, changes)


def named(recipe: str, registry: Registry, changes: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe by its name, its file, or a run's folder; what changes replace in it is not looked up.

    Raises:
        UsageError: there is none; says what the name is of, if it is of something else.
    """
    try:
        return load(recipe, registry, changes)
    except UnknownNameError as error:
        if Path(recipe).exists():  # a file, or a run's folder, without a separator in its name
            return load(Path(recipe), registry, changes)
        kinds = [kind for kind in PLUGINS if recipe in (spec.name for spec in registry.list(kind))]
        if not kinds:
            raise
        raise UsageError(
            f"{recipe!r} is the name of a {kinds[0]}, not of a recipe",
            remedy=f"write --{kinds[0]} {recipe}; `gpreg list-recipes` lists the recipes",
        ) from error


def _possible(field: "Field[Any]") -> tuple[str, ...]:
    """The words that a setting accepts, if it accepts some words alone, or beside numbers."""
    literals = (get_args(hint) for hint in get_args(field.type) if get_origin(hint) is Literal)
    return tuple(field.metadata["choices"]) or tuple(word for words in literals for word in words)


def _metavar(field: "Field[Any]") -> str:
    """What stands for the value in help: its words, its unit, or what it is."""
    unit = field.name.rpartition("_")[2]
    if unit in _UNITS:
        return unit.upper()
    types = [_METAVARS[hint] for hint in (field.type, *get_args(field.type)) if hint in _METAVARS]
    return "|".join(_possible(field) if field.metadata["choices"] else (*types, *_possible(field)))


def _overrides(given: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Dotted keys and words, of what was given."""
    for key, value in _flat(assignments(given["keys"])):
        yield key, value
    for kind in PLUGINS:
        if given[kind] is not None:
            yield f"{kind}.name", given[kind]
        if given[f"{kind}_options"]:
            yield kind, assignments(given[f"{kind}_options"])
    switches = {name.partition("/")[0]: key for name, key in SWITCHES.items()}
    for name, key in (SETTINGS | {name: key for name, (key, *_) in OPTIMIZERS.items()} | switches).items():
        if (value := given[name.replace("-", "_")]) is not None:
            yield key, value
    for key in LISTS:
        if given[key]:
            yield key, ",".join(given[key])


def _flat(table: dict[str, Any], path: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        dotted = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from _flat(value, dotted)
        else:
            yield dotted, value


def data_access(command: _Command) -> _Command:
    """Give a command ``--data-root`` and ``--download``."""
    root = click.option(
        "--data-root",
        type=click.Path(file_okay=False, path_type=Path),
        help="where data is kept; by default $GPREG_DATA, else the user's cache folder",
    )
    return root(click.option("--download", is_flag=True, help="fetch data that is not there")(command))

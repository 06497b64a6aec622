"""The choices that override a recipe: options that ``train`` and its like share, and the recipe that they make."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from gpreg.cli import console
from gpreg.cli.parameters import complete_choice, complete_recipe, complete_words
from gpreg.errors import UnknownNameError, UsageError
from gpreg.recipe import Recipe, borrowed_recipe, check_clashes, chosen_for, for_architecture, load, override, resolve
from gpreg.recipe.layout import SETTINGS as TABLES
from gpreg.registry.options import assignments
from gpreg.registry.registry import Registry
from gpreg.registry.specs import ArchitectureSpec

_Command = TypeVar("_Command", bound=Callable[..., Any])

PLUGINS = {
    "measure": ("M", "where the critic's gradient is penalised"),
    "form": ("F", "what is penalised there; by default the measure's own form"),
    "loss": ("L", "the two players' objectives"),
    "architecture": ("A", "generator and critic"),
    "dataset": ("D", "what is learnt"),
}
"""Options that name a plugin: the letter that sets its options, and help."""

SETTINGS = {
    "rho": (
        "penalty.rho",
        "NUMBER|auto",
        "coefficient of (rho/2) E_mu[form(grad D)]; 20 is lambda = 10; auto: the best one of the linearised game",
    ),
    "estimator": ("penalty.estimator", "NAME", "exact, or finite-difference"),
    "optimizer": ("optimizer.name", "NAME", "of both players: any class of torch.optim, or RMSpropTF"),
    "lr": ("optimizer.lr", "NUMBER", "learning rate of both players"),
    "critic-lr": ("critic_optimizer.lr", "NUMBER", "learning rate of the critic"),
    "generator-lr": ("generator_optimizer.lr", "NUMBER", "learning rate of the generator"),
    "batch-size": ("training.batch_size", "N", "real samples a critic step, of each process"),
    "critic-steps": ("training.critic_steps", "N", "critic updates before each generator update"),
    "steps": ("training.steps", "N", "generator iterations"),
    "seed": ("training.seed", "N", "fixes every random number of the run"),
    "device": ("compute.device", "NAME", "auto, cpu, cuda, cuda:1, mps"),
    "precision": ("compute.precision", "NAME", "fp32, tf32, bf16 or fp16"),
    "check-every": ("report.check_ticks", "TICKS", "ticks between two checks of the theorem's assumptions; 0: none"),
    "ema-halflife-kimg": (
        "average.halflife_kimg",
        "KIMG",
        "thousands of images after which the generator's average forgets half; 0: no average",
    ),
}
"""Options that set one key of the recipe."""

SWITCHES = {
    "compile/no-compile": ("compute.compile", "compile the critic's objective to one graph, checked against eager's"),
    "conditional/unconditional": ("training.conditional", "give both networks the class labels, or not"),
}
LISTS = {
    "metric": (
        "metrics",
        "score taken during training, or none; repeatable, the first one decides which checkpoint is best",
    ),
    "observer": ("observers", "who watches beside the run folder, such as tensorboard, or none; repeatable"),
}


def choices(command: _Command) -> _Command:
    """Give a command the argument RECIPE and every choice; it receives them as keywords, see :func:`chosen`."""
    options: list[Callable[[Any], Any]] = [
        click.argument("recipe", required=False, shell_complete=complete_recipe),
    ]
    for kind, (letter, text) in PLUGINS.items():
        names = [f"--{kind}", *(["--arch"] if kind == "architecture" else [])]
        options.append(click.option(*names, kind, metavar="NAME", help=text, shell_complete=complete_choice(kind)))
        options.append(
            click.option(
                f"-{letter}", f"{kind}_options", multiple=True, metavar="KEY=VALUE", help=f"option of the {kind}"
            )
        )
    for name, (key, metavar, text) in SETTINGS.items():
        values = complete_words(_possible(key))
        options.append(click.option(f"--{name}", metavar=metavar, help=text, shell_complete=values))
    for name, (_, text) in SWITCHES.items():
        on, off = name.split("/")
        options.append(click.option(f"--{on}/--{off}", on, default=None, help=text))
    for name, (key, text) in LISTS.items():
        complete = complete_choice(name)
        options.append(
            click.option(f"--{name}", key, multiple=True, metavar="NAME", help=text, shell_complete=complete)
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


def chosen(
    registry: Registry, recipe: str | None, given: dict[str, Any], *, tell: Callable[[str], None] = console.talk
) -> Recipe:
    """The complete recipe that the arguments of a command ask for; arguments as of :func:`chosen_with_origin`."""
    return chosen_with_origin(registry, recipe, given, tell=tell)[0]


def chosen_with_origin(
    registry: Registry, recipe: str | None, given: dict[str, Any], *, tell: Callable[[str], None] = console.talk
) -> tuple[Recipe, Recipe | None]:
    """The complete recipe that the arguments of a command ask for, and what its rho was chosen for.

    The second has the measure and the form that rho was chosen for; it is ``None`` where those are its own.

    Args:
        registry: knows what may be named.
        recipe: name or file; ``None``: the one that the architecture is tried with first.
        given: the keywords that :func:`choices` gave the command.

    Raises:
        UsageError: every choice that is not possible, and every pair that clashes.
    """
    changes = dict(_overrides(given))
    if recipe is not None:
        base = named(recipe, registry, changes)
    elif given["architecture"] is not None:
        base = for_architecture(given["architecture"], registry, changes, dataset=given["dataset"])
        if cast(ArchitectureSpec, registry.get("architecture", given["architecture"])).recipe is None:
            borrowed = borrowed_recipe(given["architecture"], registry, dataset=given["dataset"])
            tell(
                f"Note: architecture {given['architecture']!r} names no recipe; what is not chosen here is taken from "
                f"the recipe {borrowed!r}, and `gpreg train ... --dry-run` prints it"
            )
    else:
        raise UsageError(
            "nothing says what to train",
            remedy="name an architecture, as in `gpreg train --measure mid --arch mlp`, or a recipe of "
            "`gpreg list-recipes`",
        )
    changed, notes = override(base, changes, registry)
    for note in notes:
        tell(f"Note: {note}")
    complete = resolve(changed, registry)
    check_clashes(complete, registry)
    return complete, chosen_for(base, changed, changes)


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


def _possible(key: str) -> tuple[str, ...]:
    """The only values of a setting, if they are known; none otherwise."""
    table, _, name = key.partition(".")
    known = (
        {field.name: field.metadata.get("choices", ()) for field in fields(TABLES[table])} if table in TABLES else {}
    )
    return tuple(known.get(name, ()))


def _overrides(given: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Dotted keys and words, of what was given."""
    for key, value in _flat(assignments(given["keys"])):
        yield key, value
    for kind in PLUGINS:
        if given[kind] is not None:
            yield f"{kind}.name", given[kind]
        if given[f"{kind}_options"]:
            yield kind, assignments(given[f"{kind}_options"])
    for name, (key, *_) in SETTINGS.items():
        if (value := given[name.replace("-", "_")]) is not None:
            yield key, value
    for name, (key, _) in SWITCHES.items():
        if (value := given[name.partition("/")[0]]) is not None:
            yield key, value
    for key, _ in LISTS.values():
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

"""The choices of an experiment as options of commands such as ``train``."""

from collections.abc import Callable, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from gpreg.cli.parameters import complete_choice, complete_recipe, complete_words
from gpreg.experiments.choices import LIST_OPTIONS, OPTIMIZERS, OPTIONS, SET, SETTINGS
from gpreg.experiments.experiment import Experiment, experiment
from gpreg.recipe.layout import LISTS, PLUGINS, setting
from gpreg.registry.options import assignments
from gpreg.registry.registry import Registry

_Command = TypeVar("_Command", bound=Callable[..., Any])

SWITCHES = {"compile": "no-compile", "conditional": "unconditional"}
"""Settings that are flags, with the options that turn them off."""

OPTIMIZER_HELP = {
    "optimizer": ("NAME", "of both players: any class of torch.optim, or RMSpropTF"),
    "lr": ("NUMBER", "learning rate of both players"),
    "critic_lr": ("NUMBER", "learning rate of the critic"),
    "generator_lr": ("NUMBER", "learning rate of the generator"),
}
"""Placeholder and help of options about optimisers, whose keys are torch's and so have no help of their own."""

_METAVARS = {float: "NUMBER", int: "N", str: "NAME"}
_UNITS = ("ticks", "kimg")


def choices(command: _Command) -> _Command:
    """Give a command the argument RECIPE and an option for every choice; it passes their keywords to :func:`chosen`."""
    options: list[Callable[[Any], Any]] = [click.argument("recipe", required=False, shell_complete=complete_recipe)]
    for kind in PLUGINS.values():
        names = (f"--{name}" for name in (kind.name, *kind.aliases))
        complete = complete_choice(kind)
        options.append(click.option(*names, kind.name, metavar="NAME", help=kind.help, shell_complete=complete))
        letter = f"-{kind.letter}"
        about = f"option of the {kind}"
        options.append(click.option(letter, f"{kind}_options", multiple=True, metavar="KEY=VALUE", help=about))
    for name in (name for name in SETTINGS if name not in SWITCHES):
        field = setting(SETTINGS[name])
        words, about = complete_words(_possible(field)), field.metadata["help"]
        options.append(click.option(_flag(name), metavar=_metavar(field), help=about, shell_complete=words))
    for name, (metavar, about) in OPTIMIZER_HELP.items():
        options.append(click.option(_flag(name), metavar=metavar, help=about))
    for name, off in SWITCHES.items():
        about = setting(SETTINGS[name]).metadata["help"]
        options.append(click.option(f"{_flag(name)}/{_flag(off)}", name, default=None, help=about))
    for key, kind in LISTS.items():
        complete = complete_choice(kind)
        about = f"{kind.help}; repeatable, or none"
        options.append(
            click.option(f"--{kind}", key, multiple=True, metavar="NAME", help=about, shell_complete=complete)
        )
        if kind.letter:
            about = f"option of one of these {kind.plural}; without NAME. of all that have it"
            letter, name = f"-{kind.letter}", f"{kind}_options"
            options.append(click.option(letter, name, multiple=True, metavar="[NAME.]KEY=VALUE", help=about))
    about = "any key of the recipe, such as penalty.every=16; --dry-run prints them all"
    options.append(click.option("--set", "keys", multiple=True, metavar="KEY=VALUE", help=about))
    for option in reversed(options):
        command = option(command)
    return command


def chosen(
    registry: Registry,
    recipe: str | None,
    given: Mapping[str, Any],
    *,
    data_root: Path | None = None,
    download: bool = False,
) -> Experiment:
    """The experiment that the arguments of a command ask for.

    Args:
        registry: the plugins that may be named.
        recipe: name or file; ``None``: the recipe to try the architecture with first.
        given: the keywords that the command received through :func:`choices`; others are ignored.
        data_root, download: the options of :func:`data_access`.

    Raises:
        UsageError: choices are impossible or clash; all are listed.
    """
    words = {name: given[name] for name in (*PLUGINS, *SETTINGS, *OPTIMIZERS)}
    words |= {name: assignments(given[name]) for name in (*OPTIONS, *LIST_OPTIONS)}
    words |= {name: given[name] or None for name in LISTS}
    words[SET] = assignments(given["keys"])
    return experiment(recipe, registry=registry, data_root=data_root, download=download, **words)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _possible(field: "Field[Any]") -> tuple[str, ...]:
    """The words that a setting accepts, alone or besides numbers; empty if it accepts any text or only numbers."""
    literals = (get_args(hint) for hint in get_args(field.type) if get_origin(hint) is Literal)
    return tuple(field.metadata["choices"]) or tuple(word for words in literals for word in words)


def _metavar(field: "Field[Any]") -> str:
    """The placeholder of the value in help: the possible words, the unit, or the type."""
    unit = field.name.rpartition("_")[2]
    if unit in _UNITS:
        return unit.upper()
    types = [_METAVARS[hint] for hint in (field.type, *get_args(field.type)) if hint in _METAVARS]
    return "|".join(_possible(field) if field.metadata["choices"] else (*types, *_possible(field)))


def data_access(command: _Command) -> _Command:
    """Give a command ``--data-root`` and ``--download``."""
    root = click.option(
        "--data-root",
        type=click.Path(file_okay=False, path_type=Path),
        help="where data is kept; by default $GPREG_DATA, else the user's cache folder",
    )
    return root(click.option("--download", is_flag=True, help="fetch data that is not there")(command))

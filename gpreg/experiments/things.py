"""Objects that an experiment is given instead of names (networks, samples, measures), and Python files as plugins."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gpreg.errors import UsageError
from gpreg.experiments.arguments import known, path
from gpreg.recipe.layout import LISTS, PLUGINS
from gpreg.recipe.settings import is_choice
from gpreg.registry.registry import Registry
from gpreg.runs.supplied import names_again

Files = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def with_files(registry: Registry, files: Files, *, any_version: bool = False) -> Registry:
    """Extend a registry by what Python files supply, as ``--plugin FILE.py`` does.

    Args:
        registry: the registry to extend.
        files: one path, or several; a thing in a file is named ``FILE.py:NAME``.
        any_version: whether a run may go on with files that have changed since.

    Raises:
        UsageError: a file is not there.
        PluginError: a file does not load.
    """
    several = files if isinstance(files, Iterable) and not isinstance(files, str) else [files]
    paths = [path(each, "one of plugins") for each in several]
    if not paths:
        return registry
    from gpreg.registry.files import load_files

    return registry.extended(load_files(paths, without_hooks=[each.name for each in paths], any_version=any_version))


def with_things(registry: Registry, choices: Mapping[str, Any]) -> tuple[Registry, dict[str, Any]]:
    """Extend a registry by the objects among choices; also returns the choices with names in their place.

    Args:
        registry: what else there is.
        choices: the choices by keyword, as :func:`gpreg.experiment` takes them.

    Raises:
        UsageError: an object does not fit its keyword.
    """
    things = {key: value for key in (*PLUGINS, *LISTS) if not _are_names(value := choices.get(key), key)}
    if not things:
        return registry, dict(choices)
    from gpreg.objects import adopt  # imports torch, which names alone need not

    registry, names = adopt(registry, things)
    return registry, {**choices, **names}


def given_again(document: Mapping[str, Any], registry: Registry, things: Mapping[str, Any], *, run: Path) -> Registry:
    """Extend a registry by the objects that a run was trained with, under the names that the run has for them.

    Args:
        document: ``environment.json`` of the run.
        registry: what else there is.
        things: the objects by kind, or by its plural, as :func:`gpreg.experiment` took them.
        run: the run's folder, for errors.

    Raises:
        UsageError: the run needs no such object, or it does not fit its keyword.
    """
    if not things:
        return registry
    names = names_again(document)
    known(things, (*PLUGINS, *LISTS), "open_run")
    for key in things:
        if key not in names:
            raise UsageError(
                f"{run} was not trained with an object as its {key}",
                remedy=f"leave out {key}=" + (f"; it needs {', '.join(names)}" if names else ""),
            )
    from gpreg.objects import adopt

    return adopt(registry, things, names=names)[0]


def _are_names(value: object, key: str) -> bool:
    if key in LISTS and isinstance(value, list | tuple):
        return all(map(is_choice, value))
    return value is None or is_choice(value)

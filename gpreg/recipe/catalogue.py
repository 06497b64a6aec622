"""Load a recipe by its registered name, from a file, or for an architecture."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpreg.errors import GpregError, UsageError
from gpreg.recipe.choices import override
from gpreg.recipe.document import read
from gpreg.recipe.file import text_of
from gpreg.recipe.recipe import Recipe
from gpreg.registry.kinds import ARCHITECTURE, DATASET, RECIPE
from gpreg.registry.reference import supplied
from gpreg.registry.registry import Registry
from gpreg.registry.specs import ArchitectureSpec


def load(name_or_path: str | os.PathLike[str], registry: Registry, choices: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe by name, or from a TOML file.

    Args:
        name_or_path: a path if it ends with ``.toml`` or has a separator (``./plane``), else a name.
        registry: supplies recipes and the plugins that they name.
        choices: what is about to override the recipe; plugins that they replace need not be installed.

    Raises:
        UnknownNameError: there is no recipe of this name.
        UsageError: the file does not exist, cannot be read, or has mistakes, all of which are listed.
        PluginError: what the plugin supplies is no text.
    """
    text = os.fspath(name_or_path)
    if not isinstance(name_or_path, str) or text.endswith(".toml") or any(sep in text for sep in _SEPARATORS):
        return read(text_of(Path(text)), origin=text, registry=registry, choices=choices)
    toml = registry.build(RECIPE, text)
    origin = supplied(registry.get(RECIPE, text), "recipe")
    return read(toml, origin=origin, registry=registry, choices=choices)


def for_architecture(
    name: str, registry: Registry, choices: Mapping[str, Any] | None = None, *, dataset: str | None = None
) -> Recipe:
    """The recipe to try an architecture with first.

    Args:
        name: name of the architecture.
        registry: supplies architectures, datasets and recipes.
        choices: what is about to override the recipe; plugins that they replace need not be installed.
        dataset: the dataset to train on, if it is known already.

    Returns:
        The recipe that the architecture's spec names. If it names none, the recipe of another architecture, with the
        names of architecture and dataset changed and without metrics if the dataset is another: preferably one with
        the same dataset, else one whose samples have as many axes.

    Raises:
        UnknownNameError: there is no such architecture, or its recipe is not installed.
        UsageError: no architecture at all has a recipe.
    """
    spec = registry.get(ARCHITECTURE, name)
    if spec.recipe is not None:
        return load(spec.recipe, registry, choices)
    base = load(borrowed_recipe(name, registry, dataset=dataset), registry)
    wanted = dataset or spec.dataset
    changes = {"architecture.name": name}
    if wanted is not None and wanted != base.dataset.name:
        changes |= {"dataset.name": wanted, "metrics": "none"}
    return override(base, changes, registry)[0]


def borrowed_recipe(name: str, registry: Registry, *, dataset: str | None = None) -> str:
    """Name of the recipe of another architecture that :func:`for_architecture` changes if the spec names none.

    Raises:
        UnknownNameError: there is no such architecture.
        UsageError: no other architecture has a recipe.
    """
    spec = registry.get(ARCHITECTURE, name)
    others = [(other, other.recipe) for other in registry.list(ARCHITECTURE) if other.recipe]
    if not others:
        raise UsageError(f"architecture {name!r} has no recipe, nor has any other", remedy="name a recipe, or a file")
    wanted = dataset or spec.dataset

    def unlike(entry: tuple[ArchitectureSpec, str]) -> tuple[bool, bool]:
        dataset = entry[0].dataset
        return dataset != wanted, _axes(dataset, registry) != _axes(wanted, registry)

    return min(others, key=unlike)[1]


def _axes(dataset: str | None, registry: Registry) -> int | None:
    """The number of axes of a sample, by the shape in the dataset's spec; ``None`` if that does not tell."""
    try:
        shape = "" if dataset is None else registry.get(DATASET, dataset).shape
    except GpregError:  # reported where the dataset is used
        shape = ""
    return len(shape.strip("()").rstrip(",").split(",")) if shape.startswith("(") else None


_SEPARATORS = tuple(filter(None, ("/", os.sep, os.altsep)))

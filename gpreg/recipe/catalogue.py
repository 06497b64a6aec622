"""Where recipes come from: a registered name, or a file."""

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
        registry: knows recipes and all that they name.
        choices: what is about to override it; names that they replace are not looked up.

    Raises:
        UnknownNameError: there is no recipe of this name; carries the nearest.
        UsageError: there is no such file, or it cannot be read, or every mistake in it.
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
    """The recipe that an architecture is tried with first.

    Args:
        name: of the architecture.
        registry: knows architectures, datasets and recipes.
        choices: what is about to override its own; names that they replace are not looked up.
        dataset: what it will be trained on, where that is known already.

    Returns:
        Its own. Where its plugin names none, that of the architecture whose dataset is most like the one to be trained
        on, the same or one whose samples have as many axes, with the two names changed; metrics of another dataset
        are left out.

    Raises:
        UnknownNameError: there is no such architecture, or its recipe is not installed.
        UsageError: it has no recipe, nor has any other architecture.
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
    """Name of the recipe that :func:`for_architecture` changes for an architecture whose plugin names none.

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
    """Axes of a sample as the dataset's spec writes its shape, ``"(channels, size, size)"``; ``None``: not known."""
    try:
        shape = "" if dataset is None else registry.get(DATASET, dataset).shape
    except GpregError:  # told where it is used
        shape = ""
    return len(shape.strip("()").rstrip(",").split(",")) if shape.startswith("(") else None


_SEPARATORS = tuple(filter(None, ("/", os.sep, os.altsep)))

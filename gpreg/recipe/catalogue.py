"""Where recipes come from: a registered name, or a file."""

import os
from pathlib import Path
from typing import cast

from gpreg.errors import PluginError, UsageError, did_you_mean
from gpreg.recipe.document import read
from gpreg.recipe.recipe import Recipe
from gpreg.registry.reference import supplied
from gpreg.registry.registry import Registry
from gpreg.registry.specs import ArchitectureSpec


def load(name_or_path: str | os.PathLike[str], registry: Registry) -> Recipe:
    """A recipe by name, or from a TOML file.

    Args:
        name_or_path: a path if it ends with ``.toml`` or has a separator (``./plane``), else a name.
        registry: knows recipes and all that they name.

    Raises:
        UnknownNameError: there is no recipe of this name; carries the nearest.
        UsageError: there is no such file, or it cannot be read, or every mistake in it.
        PluginError: what the plugin supplies is no text.
    """
    text = os.fspath(name_or_path)
    if not isinstance(name_or_path, str) or text.endswith(".toml") or any(sep in text for sep in _SEPARATORS):
        return read(_text_of(Path(text)), origin=text, registry=registry)
    toml = registry.build("recipe", text)
    spec = registry.get("recipe", text)
    if not isinstance(toml, str):
        raise PluginError(f"{supplied(spec, 'recipe')} is a {type(toml).__name__}, not a TOML text")
    return read(toml, origin=supplied(spec, "recipe"), registry=registry)


def for_architecture(name: str, registry: Registry) -> Recipe:
    """The recipe that an architecture is tried with first.

    Raises:
        UnknownNameError: there is no such architecture, or its recipe is not installed.
    """
    return load(cast(ArchitectureSpec, registry.get("architecture", name)).recipe, registry)


_SEPARATORS = tuple(filter(None, ("/", os.sep, os.altsep)))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        beside = [other.name for other in sorted(path.parent.glob("*.toml"))]
        raise UsageError(
            f"there is no file {path}{did_you_mean(path.name, beside)}",
            remedy="`gpreg list-recipes` lists the recipes that have a name",
        ) from error
    except IsADirectoryError as error:
        inside = path / "recipe.toml"
        hint = f"the recipe of that run is {inside}" if inside.is_file() else "name a TOML file"
        raise UsageError(f"{path} is a folder, not a recipe", remedy=hint) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text, so it is no TOML") from error

"""A recipe as a TOML text."""

import re
import tomllib

from gpreg.errors import UsageError
from gpreg.recipe.positions import key_lines, line_of
from gpreg.recipe.problem import Path, as_error
from gpreg.recipe.recipe import Recipe
from gpreg.recipe.table import from_table, to_table
from gpreg.registry.registry import Registry


def read(text: str, *, origin: str, registry: Registry) -> Recipe:
    """The recipe that a TOML text describes.

    Args:
        text: TOML; tables and keys are those of :mod:`gpreg.recipe.layout`.
        origin: the file's name, for errors.
        registry: knows the plugins, whose names and options are checked.

    Raises:
        UsageError: every mistake of the text at once, a line each: ``FILE:LINE: what is wrong; did you mean 'x'?``.
            A text that is no TOML has one mistake, where it stops being TOML.
        PluginError: the options of a plugin that is named cannot be read.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_syntax(str(error), origin, last_line=text.rstrip().count("\n") + 1)) from error
    recipe, problems = from_table(table, registry)
    if recipe is not None:
        return recipe
    lines = key_lines(text)

    def place(path: Path) -> str:
        line = line_of(path, lines)
        return f"{origin}: " if line is None else f"{origin}:{line}: "

    raise as_error(sorted(problems, key=lambda problem: line_of(problem.path, lines) or 0), place)


def write(recipe: Recipe) -> str:
    """The recipe as TOML, every setting spelled out; :func:`read` gives it back.

    Options that the recipe leaves to plugins are left out here too: for a text that says everything, resolve it first
    (:func:`gpreg.recipe.resolution.resolve`).
    """
    import tomli_w  # needed only by what writes

    return tomli_w.dumps(to_table(recipe))


def _syntax(message: str, origin: str, *, last_line: int) -> str:
    """What ``tomllib`` says, with its position where those of other mistakes are."""
    said, at, position = message.rpartition(" (at ")
    place = re.match(r"line (\d+), column (\d+)", position)
    line = place[1] if place else last_line
    return f"{origin}:{line}: this is no TOML: {said if at else message}" + (f" (column {place[2]})" if place else "")

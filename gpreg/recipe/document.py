"""Read a recipe from TOML, and write it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from gpreg.errors import UsageError
from gpreg.recipe.choices import replaced
from gpreg.recipe.positions import key_lines, line_of
from gpreg.recipe.problem import Path, as_error
from gpreg.recipe.recipe import Recipe
from gpreg.recipe.statements import DEPTH, statements
from gpreg.recipe.table import from_table, to_table
from gpreg.registry.registry import Registry

BOUND = 2**128
"""Bound of integers: seeds of up to 128 bits are common, and Python cannot print numbers of 4,300 digits."""


def read(text: str, *, origin: str, registry: Registry, choices: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe that a TOML text describes.

    Args:
        text: TOML; tables and keys are those of :mod:`gpreg.recipe.layout`.
        origin: the file's name, for errors.
        registry: supplies the plugins, whose names and options are checked.
        choices: what :func:`gpreg.recipe.choices.override` is about to change. Plugins that they replace are not
            looked up, so that they need not be installed.

    Raises:
        UsageError: the text has mistakes; all are listed, one per line: ``FILE:LINE: what is wrong; did you mean
            'x'?``. Of a text that is no TOML, only the first is found.
        PluginError: the options class of a plugin that the recipe names is at fault.
    """
    table = parse(text, origin=origin)
    recipe, problems = from_table(table, registry, unread=replaced(table, choices or {}))
    if recipe is not None:
        return recipe
    lines = key_lines(text)

    def place(path: Path) -> str:
        line = line_of(path, lines)
        return f"{origin}: " if line is None else f"{origin}:{line}: "

    raise as_error(sorted(problems, key=lambda problem: line_of(problem.path, lines) or 0), place)


def parse(text: str, *, origin: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        UsageError: the text is no TOML, is nested too deep, or has too large an integer; names file and line.
    """
    for statement in statements(text):  # before tomllib, which is recursive, and slow for keys of thousands of parts
        if statement.depth > DEPTH:
            raise UsageError(f"{origin}:{statement.line}: this is nested more than {DEPTH} deep")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_syntax(str(error), origin, last_line=text.rstrip().count("\n") + 1)) from error
    except ValueError as error:  # Python refuses integers of more than 4,300 decimal digits
        raise _too_long(text, origin) from error
    if any(abs(number) >= BOUND for number in _integers(table)):
        raise _too_long(text, origin)
    return table


def write(recipe: Recipe) -> str:
    """The recipe as TOML, with every setting; :func:`read` gives it back.

    Plugin options that the recipe does not state are left out: for a complete text, resolve the recipe first
    (:func:`gpreg.recipe.resolution.resolve`).
    """
    import tomli_w  # needed only to write

    return "".join(map(_spelled, tomli_w.dumps(to_table(recipe))))


def _spelled(character: str) -> str:
    """A control or invisible character as a TOML escape; such characters occur only inside strings."""
    return character if character == "\n" or character.isprintable() else f"\\U{ord(character):08x}"


def _syntax(message: str, origin: str, *, last_line: int) -> str:
    """The message of ``tomllib`` with the position in front, as in messages about other mistakes."""
    said, at, position = message.rpartition(" (at ")
    place = re.match(r"line (\d+), column (\d+)", position)
    line = place[1] if place else last_line
    return f"{origin}:{line}: this is no TOML: {said if at else message}" + (f" (column {place[2]})" if place else "")


def _too_long(text: str, origin: str) -> UsageError:
    line = next(statement.line for statement in statements(text) if not _readable(statement.text))
    return UsageError(f"{origin}:{line}: an integer here is 2^128 or more, and nothing takes one")


def _readable(statement: str) -> bool:
    try:
        return all(abs(number) < BOUND for number in _integers(tomllib.loads(statement)))
    except tomllib.TOMLDecodeError:
        return True
    except ValueError:
        return False


def _integers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _integers(item)

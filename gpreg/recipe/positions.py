"""Where each key of a TOML text stands: ``tomllib`` does not say, but can be asked about each beginning of the text."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from gpreg.recipe.problem import Path


def key_lines(text: str) -> dict[Path, int]:
    """The line, from 1, of the statement that first names each table, key and array item of a valid TOML text.

    A beginning of a text that ends with a line is itself valid TOML exactly if no statement is cut in two. So the
    paths that each further statement adds are those that it names: headers, dotted keys, inline tables and values
    over several lines need no grammar here. The time grows with the square of the text's length; it is spent only
    when there is a mistake to report.

    Raises:
        tomllib.TOMLDecodeError: the text is no TOML.
    """
    tomllib.loads(text)
    found: dict[Path, int] = {}
    lines = text.replace("\r\n", "\n").split("\n")
    start = 0
    for end in range(1, len(lines) + 1):
        try:
            table = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:  # a value goes on in the next line
            continue
        for path in _paths(table, ()):
            found.setdefault(path, start + 1)
        start = end
    return found


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of a path, or else of the nearest table around it; ``None`` for the text as a whole."""
    return next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)


def _paths(value: Any, path: Path) -> Iterator[Path]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))

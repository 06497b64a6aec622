"""Find the line of each key of a TOML text, which ``tomllib`` does not tell."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gpreg.recipe.problem import Path
from gpreg.recipe.statements import statements


def key_lines(text: str) -> dict[Path, int]:
    """The line, from 1, of the statement that first names each table, key and array item of a valid TOML text.

    Each statement of a TOML text is valid TOML by itself. So each is parsed alone, and the keys of the resulting table
    are put below the header above it; this needs no grammar for dotted keys, inline tables and multi-line values.

    Raises:
        tomllib.TOMLDecodeError: the text is no TOML.
    """
    tomllib.loads(text)
    found: dict[Path, int] = {}
    header: Path = ()
    items: Counter[Path] = Counter()
    for statement in statements(text):
        table = tomllib.loads(statement.text)
        if statement.header:
            named = list(_header(table, items))
            header = named[-1]
        else:
            named = list(_paths(table, header))
        for path in named:
            found.setdefault(path, statement.line)
    return found


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of a path, or else of the nearest table that contains it; ``None`` if there is none."""
    return next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)


def _header(table: dict[str, Any], items: Counter[Path]) -> Iterator[Path]:
    """The paths that ``[a.b]`` or ``[[a.b]]`` names, that of the table last; counts the items of arrays of tables."""
    path: Path = ()
    inner: Any = table
    while inner:
        [(key, inner)] = inner.items()
        path = (*path, key)
        yield path
        if isinstance(inner, list):
            items[path] += 1
            inner = {}
        if path in items:
            path = (*path, items[path] - 1)
            yield path


def _paths(value: Any, path: Path) -> Iterator[Path]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))

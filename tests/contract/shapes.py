"""What is constant about a JSON document: the paths to its values, and the types that these have."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from typing import Any

from gpreg.registry.citation import Citation

OPEN = ("better", "claims", "files", "options", "packages", "supplies", "values", "verdicts")
"""Tables whose keys are names, such as those of scores or assumptions, and no part of the schema."""

ANYTHING = ("choices", "default", "provenance", "recipe.table", "statistics", "sweep.table")
"""What depends on the thing that it belongs to."""

OPTIONAL = (
    *(f"citations[].{each.name}" for each in fields(Citation) if each.default is None),
    "cuda",
    "commit",
    "findings[].remedy",
    "findings[].source",
)
"""Texts that may be missing, whether or not one is here."""

NAMES = {bool: "true or false", int: "integer", float: "number", str: "text", type(None): "null"}


def lines(documents: Iterable[object]) -> list[str]:
    """What several documents have in common, one line for each path: ``measures[].name: text``, and ``schema: 1``."""
    found: dict[str, set[str]] = {}
    for document in documents:
        for path, kind in _paths(document, ""):
            found.setdefault(path, set()).add(kind)
    return [f"{path}: {' or '.join(told)}" for path, kinds in found.items() if (told := _told(kinds, path, found))]


def _told(kinds: set[str], path: str, found: Collection[str]) -> list[str]:
    """Types in words. Whole numbers are numbers; an empty list or table is told only if none has anything in it."""
    if "number" in kinds:
        kinds = kinds - {"integer"}
    if len(kinds) > 1 or any(other.startswith((f"{path}.", f"{path}[")) for other in found):
        kinds = kinds - {"nothing"}
    return sorted(kinds, key=lambda kind: (kind == "null", kind))


def _paths(value: object, path: str) -> Iterator[tuple[str, str]]:
    if path.endswith(ANYTHING):
        yield path, "anything"
    elif path.endswith(OPTIONAL):
        yield from ((path, NAMES[kind]) for kind in (str, type(None)))
    elif isinstance(value, dict):
        yield from _table(value, path)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{path}[]")
        if not value:
            yield f"{path}[]", "nothing"
    else:
        yield path, NAMES[type(value)] if path != "schema" else str(value)


def _table(table: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    is_open = path.rpartition(".")[2] in OPEN
    for key, item in table.items():
        yield from _paths(item, f"{path}.{'*' if is_open else key}".removeprefix("."))
    if not table:
        yield f"{path}.*" if is_open else path, "nothing"

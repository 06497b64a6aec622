"""Validation of the front door's arguments: an error says what came and what would be right."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from gpreg.errors import UsageError, did_you_mean
from gpreg.registry.wording import shown, type_name


def whole(value: Any, name: str, *, least: int | None = None) -> int:
    """Require a whole number, not below ``least`` if that is given.

    Raises:
        UsageError: it is nothing of the kind.
    """
    if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
        bound = "" if least is None else f" >= {least}"
        raise UsageError(f"{name} is {shown(value)}; it must be a whole number{bound}")
    return value


def one_of(value: Any, name: str, words: Collection[str]) -> str:
    """Require one of some words.

    Raises:
        UsageError: it is none of them; names the nearest.
    """
    if value not in words:
        known = " or ".join(map(repr, words))
        raise UsageError(f"{name} is {shown(value)}; it must be {known}{did_you_mean(str(value), words)}")
    return str(value)


def path(value: Any, name: str) -> Path:
    """The path of a file or folder.

    Raises:
        UsageError: it is nothing of the kind.
    """
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"{name} is {shown(value)}; it must be a path, text or a pathlib.Path")
    return Path(value)


def optional_path(value: Any, name: str) -> Path | None:
    """The path of a file or folder, or ``None``.

    Raises:
        UsageError: it is nothing of the kind.
    """
    return None if value is None else path(value, name)


def checkpoint(value: Any) -> int | str | None:
    """A step, ``"best"``, or ``None`` for the newest; which words there are is known where it is looked for.

    Raises:
        UsageError: it is none of these.
    """
    if value is None or isinstance(value, str):
        return value
    return whole(value, "step", least=0)


def table(value: Any, name: str) -> Mapping[str, Any]:
    """Require a mapping whose keys are strings.

    Raises:
        UsageError: it is nothing of the kind.
    """
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{name} is a {type_name(value)}; it must be a mapping", remedy=f"write {name}={{'key': value}}"
        )
    for key in value:
        if not isinstance(key, str):
            raise UsageError(f"a key of {name} is {shown(key)}; it must be a word")
    return value


def known(keywords: Iterable[str], names: Collection[str], asked: str) -> None:
    """Refuse unknown keywords.

    Raises:
        UsageError: a keyword is unknown; names the nearest known one.
    """
    for keyword in keywords:
        if keyword not in names:
            raise UsageError(
                f"{asked} has no keyword {keyword!r}{did_you_mean(keyword, names)}",
                remedy=f"keywords are {', '.join(names)}",
            )

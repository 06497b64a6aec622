"""The Python files that the words of a command name: ``--plugin FILE.py``, and ``FILE.py:NAME`` for a thing in one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpreg.errors import GpregError, UsageError
from gpreg.registry.kinds import KINDS
from gpreg.registry.specs import IN_FILE

PLUGIN, CHANGED = "--plugin", "--changed-plugin"

_NAMING = {f"--{word}" for kind in KINDS.values() if kind.recipe for word in (kind.name, *kind.aliases)}
"""Options whose value is a name."""


@dataclass(frozen=True)
class Words:
    """The words of a command.

    Attributes:
        rest: without those about files; a thing in a file is named as a recipe names it, without the file's folder.
        files: paths of the files, as they were typed.
        without_hooks: names of those that need no hook, because a thing in them is named here, or in the run or the
            recipe that the command is about.
        any_version: whether files may have changed since the run that is continued.
    """

    rest: list[str]
    files: tuple[Path, ...]
    without_hooks: frozenset[str]
    any_version: bool


def words(args: Sequence[str]) -> Words:
    """Take what is about files out of the words of a command; it may stand anywhere, before the command and after it.

    Raises:
        UsageError: a file is missing behind ``--plugin``.
    """
    rest: list[str] = []
    files: list[Path] = []
    named: set[str] = set()
    any_version = False
    ahead = iter(args)
    for word in ahead:
        if word == "--":
            rest += [word, *ahead]
        elif word == CHANGED:
            any_version = True
        elif word == PLUGIN or word.startswith(f"{PLUGIN}="):
            path = next(ahead, "") if word == PLUGIN else word.partition("=")[2]
            if not path or path.startswith("-"):
                raise UsageError(f"{PLUGIN} names no file", remedy=f"write {PLUGIN} FILE.py")
            files.append(Path(path))
        else:
            option, equals, value = word.partition("=")
            if equals and option in _NAMING:
                path, short = _split(value)
                rest.append(f"{option}={short}")
            elif rest and (rest[-1] in _NAMING or rest[-2:-1] == ["show"]):
                path, short = _split(word)
                rest.append(short)
            else:
                path = ""
                rest.append(word)
            if path:
                files.append(Path(path))
                named.add(Path(path).name)
    if files:
        named |= {file.name for file in files if any(f"{file.name}:" in text for text in _recipes(rest))}
    return Words(rest, tuple(files), frozenset(named), any_version)


def _split(value: str) -> tuple[str, str]:
    """The path in ``PATH/FILE.py:NAME``, and that without the folder; no path where it is another name."""
    path, _, thing = value.rpartition(":")
    short = f"{Path(path).name}:{thing}"
    return (path, short) if IN_FILE.fullmatch(short) else ("", value)


def _recipes(rest: Iterable[str]) -> Iterator[str]:
    """The texts of the recipes, and of the runs' recipes, that words name."""
    from gpreg.recipe.file import text_of  # what lists does without recipes

    for word in rest:
        if re.search(r"\.toml$", word) or Path(word).is_dir():
            path = Path(word) / "recipe.toml" if Path(word).is_dir() else Path(word)
            try:
                yield text_of(path)
            except GpregError:  # told by the command
                continue

"""Find the Python files that a command line names, as ``--plugin FILE.py`` or ``FILE.py:NAME``."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpreg.errors import GpregError, UsageError
from gpreg.registry.kinds import KINDS
from gpreg.registry.spec import IN_FILE

PLUGIN, CHANGED = "--plugin", "--changed-plugin"

_NAMING = {f"--{word}" for kind in KINDS.values() if kind.recipe for word in (kind.name, *kind.aliases)}
"""Options whose value is a name."""


@dataclass(frozen=True)
class Words:
    """A command line, split into plugin files and everything else.

    Attributes:
        rest: the words without ``--plugin`` and its files, and with ``FILE.py:NAME`` without the file's folder, as in a
            recipe.
        files: paths of the files, as they were typed.
        without_hooks: names of files that need no hook, because the command line, or the run or recipe that it names,
            has ``FILE.py:NAME``.
        any_version: whether files may have changed since the run that is continued.
    """

    rest: list[str]
    files: tuple[Path, ...]
    without_hooks: frozenset[str]
    any_version: bool


def words(args: Sequence[str]) -> Words:
    """Split a command line into plugin files, which may be named before and after the command, and the rest.

    Raises:
        UsageError: no file follows ``--plugin``.
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
    """The path in ``PATH/FILE.py:NAME``, and ``FILE.py:NAME``; for another name, no path and the name."""
    path, _, thing = value.rpartition(":")
    short = f"{Path(path).name}:{thing}"
    return (path, short) if IN_FILE.fullmatch(short) else ("", value)


def _recipes(rest: Iterable[str]) -> Iterator[str]:
    """The texts of recipes that the words name, and those in the folders of runs and sweeps."""
    from gpreg.recipe.file import text_of  # what lists does without recipes

    for word in rest:
        if re.search(r"\.toml$", word) or Path(word).is_dir():
            named = (Path(word) / "recipe.toml", Path(word) / "sweep.toml") if Path(word).is_dir() else (Path(word),)
            for path in named:
                try:
                    yield text_of(path)
                except GpregError:  # the command reports it
                    continue

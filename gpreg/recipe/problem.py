"""The problems of a recipe, which are collected and reported in one error."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gpreg.errors import UsageError

Path = tuple[str | int, ...]
"""The keys that lead to a value in a nested table, e.g. ``("metrics", 0, "name")``."""

MOST = 50
"""Most problems that one error lists: a text with more has a single cause, and would overflow the terminal."""

LONGEST = 1000
"""Most characters of a line that is printed whole."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake.

    Attributes:
        path: where it is.
        message: what is wrong, and what would be right.
        remedy: what to type to find out more.
    """

    path: Path
    message: str
    remedy: str | None = None


def as_error(problems: Iterable[Problem], place: Callable[[Path], str]) -> UsageError:
    """The problems as one error, a line each, up to :data:`MOST`; remedies follow, each once.

    Args:
        problems: at least one.
        place: what to put before a problem's message, e.g. ``"recipe.toml:3: "``.
    """
    found = tuple(problems)
    told = found[:MOST]
    remedies = dict.fromkeys(problem.remedy for problem in told if problem.remedy)
    lines = dict.fromkeys(
        _short(f"{place(problem.path)}{problem.message}") for problem in told
    )  # players may share a problem
    if len(found) > MOST:
        lines[f"and {len(found) - MOST:,} more"] = None
    return UsageError("\n".join(lines), remedy="\n".join(remedies) or None)


def _short(line: str) -> str:
    """The line without its middle if it would fill a screen, such as a value of a thousand numbers."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"

"""What is wrong with a recipe: one problem each, told together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gpreg.errors import UsageError

Path = tuple[str | int, ...]
"""The keys that lead to a value of a nested table, e.g. ``("metrics", 0, "name")``."""


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
    """All problems as one error, a line each; remedies follow, each once.

    Args:
        problems: at least one.
        place: what to put before a problem's message, e.g. ``"recipe.toml:3: "``.
    """
    told = tuple(problems)
    remedies = dict.fromkeys(problem.remedy for problem in told if problem.remedy)
    lines = dict.fromkeys(f"{place(problem.path)}{problem.message}" for problem in told)  # players may share a problem
    return UsageError("\n".join(lines), remedy="\n".join(remedies) or None)

"""Read the numbers of a policy: coefficients, seeds and traces."""

import math
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from gpreg.errors import UsageError
from gpreg.registry.coefficient import read

_GRID = "write for example values = [0.1, 1, 10], or --grid 0.1,1,10"
_SEEDS = 'write for example tuning_seeds = "100:102", which is 100 and 101, or --tuning-seeds 100:102'
_TRACE = 'write one for all columns, as in trace = 10, or one for each, as in trace = {"8gaussians" = 10}'
_RANGE = re.compile(r"\s*(\d{1,18})\s*:\s*(\d{1,18})\s*")
MOST_SEEDS = 10_000
"""Seeds that one range may have: more than anybody tunes on, fewer than fill a memory."""


def coefficients(given: Any, *, fewest: int) -> tuple[float, ...]:
    """The coefficients of a list, ascending.

    >>> coefficients([10, "0.1", "lambda=10"], fewest=2)
    (0.1, 10.0, 20.0)

    Raises:
        UsageError: it is no list, one is no coefficient or is there twice, or there are too few.
    """
    if not isinstance(given, Iterable) or isinstance(given, str | Mapping):
        what = "missing" if given is None else f"{given!r}, which is no list"
        raise UsageError(f"rho.values is {what}; it must be a list of coefficients", remedy=_GRID)
    values = sorted(_number(read(each), "rho.values", _GRID) for each in given)
    if negative := [each for each in values if each < 0]:
        raise UsageError(f"rho.values has {negative[0]:g}; a coefficient is at least 0", remedy=_GRID)
    if twice := [one for one, other in pairwise(values) if one == other]:
        raise UsageError(f"rho.values has {twice[0]:g} twice", remedy="name each coefficient once")
    if len(values) < fewest:
        what = f"only {values[0]:g}: there is nothing to choose" if values else "no coefficient"
        raise UsageError(f"rho.values has {what}", remedy=_GRID)
    return tuple(values)


def seeds_of(given: Any) -> tuple[int, ...]:
    """The seeds of a list, or of text such as ``"100:103"``.

    >>> seeds_of("100:103"), seeds_of([7, 5])
    ((100, 101, 102), (7, 5))

    Raises:
        UsageError: it is neither, there are none, or one is there twice.
    """
    if isinstance(given, str) and (found := _RANGE.fullmatch(given)):
        first, end = (int(each) for each in found.groups())
        given = range(first, min(end, first + MOST_SEEDS))
    elif isinstance(given, str):
        given = [int(word) if word.strip().isdecimal() else word for word in given.split(",")]
    if not isinstance(given, Iterable) or isinstance(given, Mapping):
        raise UsageError(f"rho.tuning_seeds is {given!r}; it must be a range or a list", remedy=_SEEDS)
    seeds = tuple(given)
    if wrong := [each for each in seeds if type(each) is not int or each < 0]:
        raise UsageError(f"rho.tuning_seeds has {wrong[0]!r}; a seed is a whole number of at least 0", remedy=_SEEDS)
    if not seeds:
        raise UsageError("rho.tuning_seeds has no seed", remedy=_SEEDS)
    if twice := [each for number, each in enumerate(seeds) if each in seeds[:number]]:
        raise UsageError(f"rho.tuning_seeds has {twice[0]} twice", remedy="name each seed once")
    return seeds


def trace_of(given: Any) -> float | dict[str, float]:
    """The ``rho * trace Q`` of all columns, or of each.

    >>> trace_of(10), trace_of({"8gaussians": "2.5"})
    (10.0, {'8gaussians': 2.5})

    Raises:
        UsageError: one is no finite number above 0.
    """
    several = given if isinstance(given, Mapping) else {"": given}
    found = {str(column): _number(each, "rho.trace", _TRACE) for column, each in several.items()}
    if wrong := [each for each in found.values() if each <= 0]:
        raise UsageError(f"rho.trace has {wrong[0]:g}; rho * trace Q is above 0", remedy=_TRACE)
    return found if isinstance(given, Mapping) else found[""]


def _number(given: Any, key: str, remedy: str) -> float:
    """A finite number, or text that is one."""
    try:
        if isinstance(given, bool):
            raise TypeError
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{key} has {given!r}, which is no finite number", remedy=remedy)
    return value

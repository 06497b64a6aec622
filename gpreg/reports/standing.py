"""How rows stand to each other: intervals, pairs and the answer in words, of :mod:`gpreg.comparison`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, inf
from typing import NamedTuple

from gpreg.reports.good import ranked_median
from gpreg.reports.scores import Group

INTERVAL = "lowest and highest seed"


LEVEL = 0.05
"""A row is called better where all of its seeds are, and chance would do that to some pair of rows more rarely.

That is the exact two-sided rank test of two rows that are wholly apart, times the number of pairs."""


class Interval(NamedTuple):
    """A median and the ends of its interval."""

    low: float
    middle: float
    high: float


class Cell(NamedTuple):
    """A cell of the table of pairs: its text, what the column is sorted by, and its class."""

    text: str
    sort: str = ""
    look: str = ""


@dataclass(frozen=True, kw_only=True)
class PairTable:
    """Who is better than whom on one column.

    Attributes:
        column: its name.
        heads: titles of the table's columns.
        lines: one a pair.
    """

    column: str
    heads: Sequence[str]
    lines: Sequence[Sequence[Cell]]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the rows of a group of scores stand.

    Attributes:
        intervals: of the medians, by row and column.
        answer: a sentence for each column.
        cautions: what limits the answer.
        pairs: who is better than whom.
    """

    intervals: Mapping[tuple[str, str], Interval]
    answer: Sequence[str] = ()
    cautions: Sequence[str] = ()
    pairs: Sequence[PairTable] = ()


def stand(group: Group, *, band: float | None) -> Standing:
    """Compare the rows of a group within each column.

    Args:
        group: the scores.
        band: a difference that does not matter; ``None``: every difference does.
    """
    worst = inf if group.better == "lower" else -inf
    intervals: dict[tuple[str, str], Interval] = {}
    for place in dict.fromkeys((one.row, one.column) for one in group.scored):
        scores = [one.value for one in group.scored if (one.row, one.column) == place]
        held = [worst if value is None else value for value in scores]
        intervals[place] = Interval(min(held), ranked_median(scores, group.better), max(held))
    return Standing(intervals=intervals, answer=[_answer(group, intervals, column, band) for column in group.columns])


def _answer(group: Group, intervals: Mapping[tuple[str, str], Interval], column: str, band: float | None) -> str:
    """Who has the best median on a column, and from whom its seeds are apart by more than the band and chance."""
    sign = 1.0 if group.better == "lower" else -1.0
    seeds = len({one.seed for one in group.scored if one.column == column})
    found = {row: intervals[row, column] for row in group.rows if (row, column) in intervals}
    where = f"On {column}, by {group.score}"
    if not found:
        return f"{where}: no run has ended."
    best = min(found, key=lambda row: sign * found[row].middle)
    if found[best].middle == sign * inf:
        return f"{where}: most runs of every row failed."
    if len(found) == 1:
        return f"{where}, {best} has the median {found[best].middle:.4g}."
    number = {row: sum(one.row == row and one.column == column for one in group.scored) for row in found}
    pairs = comb(len(found), 2)
    ends = {row: sorted(sign * value for value in each) for row, each in found.items()}
    apart = [
        row
        for row in found
        if ends[row][0] > ends[best][-1] + (band or 0.0)
        and 2 * pairs / comb(number[row] + number[best], number[best]) <= LEVEL
    ]
    near = [row for row in found if row != best and row not in apart]
    told = f"{where}, {best} has the best median, {found[best].middle:.4g}"
    told += f"; every seed of it is better than every seed of {_listed(apart)}" if apart else ""
    told += f"; between it and {_listed(near)} these {seeds} seeds decide nothing" if near else ""
    return told + "."


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence; of many the first three, and how many more."""
    shown = [*names[:3], f"{len(names) - 3} more rows"] if len(names) > 4 else list(names)
    return " and ".join(filter(None, ("; ".join(shown[:-1]), shown[-1])))

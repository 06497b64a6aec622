"""How rows stand to each other: intervals, pairs and the answer in words, of :mod:`gpreg.comparison`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gpreg.reports.scores import Group

INTERVAL = "95 % interval"


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
    return Standing(
        intervals={
            (row, column): interval(values, group.better)
            for row in group.rows
            for column in group.columns
            if (values := [one.value for one in group.scored if (one.row, one.column) == (row, column)])
        },
    )

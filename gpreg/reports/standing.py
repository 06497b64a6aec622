"""How rows stand to each other: intervals, pairs and the answer in words, of :mod:`gpreg.comparison`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gpreg.comparison.cells import cells
from gpreg.comparison.comparison import compare
from gpreg.comparison.interval import Interval as Ends
from gpreg.comparison.pairs import Pair
from gpreg.comparison.summary import Summary, summarise
from gpreg.reports.scores import Group

CONFIDENCE = 0.95

INTERVAL = "its interval of order statistics (95 %; of fewer than six seeds their range, which covers less)"

LOOKS = {"better": "fine", "worse": "bad"}
"""The class of a verdict's cell."""


class Interval(NamedTuple):
    """A median and the ends of its interval; ``None`` where a single seed has none."""

    low: float | None
    middle: float
    high: float | None


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

    @property
    def decided(self) -> Sequence[Sequence[Cell]]:
        """The lines of pairs that are decided."""
        return [line for line in self.lines if line[1].text != "undecided"]


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
    silent = [column for column in group.columns if all(one.column != column for one in group.scored)]
    waiting = [f"On {column}, by {group.score}: no run has a score yet." for column in silent]
    if not group.scored:
        return Standing(intervals={}, answer=waiting)
    found = compare(group.scored, better=_better(group), band=band or 0.0, confidence=CONFIDENCE, score=group.score)
    columns = list(dict.fromkeys(summary.column for summary in found.summaries))
    answer = []
    for column, sentence in zip(columns, found.answer, strict=True):
        here = [summary for summary in found.summaries if summary.column == column]
        alone = f"On {column}, by {group.score}, {here[0].row} has the median {here[0].text}."
        answer.append(sentence if len(here) > 1 else alone)
    return Standing(
        intervals={(summary.row, summary.column): _interval(summary) for summary in found.summaries},
        answer=[*answer, *waiting],
        cautions=found.caveats,
        pairs=[_table(column, both) for column, both in _by_column(found.pairs).items()],
    )


def intervals_of(group: Group) -> Mapping[tuple[str, str], Interval]:
    """The medians of a group and their intervals alone, without comparing its rows."""
    if not group.scored:
        return {}
    sign = 1 if _better(group) == "lower" else -1
    return {
        (row, column): _interval(summarise(row, column, values, sign=sign, confidence=CONFIDENCE))
        for column, rows in cells(group.scored).items()
        for row, values in rows.items()
    }


def _by_column(pairs: Sequence[Pair]) -> Mapping[str, Sequence[Pair]]:
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.column, []).append(pair)
    return found


def _better(group: Group) -> Literal["lower", "higher"]:
    return "higher" if group.better == "higher" else "lower"


def _interval(summary: Summary) -> Interval:
    ends = summary.median_interval
    return Interval(ends.low if ends else None, summary.median, ends.high if ends else None)


def _table(column: str, pairs: Sequence[Pair]) -> PairTable:
    """Every two rows of a column, and what is known of their difference."""
    heads = ("A, B", "A is", "A - B", "P(A better)", "p", "p, Holm", "least p", "detectable", "runs")
    return PairTable(column=column, heads=heads, lines=[_line(pair) for pair in pairs])


def _line(pair: Pair) -> Sequence[Cell]:
    runs = f"{pair.n_a} pairs" if pair.paired else f"{pair.n_a} + {pair.n_b}"
    return (
        Cell(f"{pair.a}, {pair.b}"),
        Cell(pair.verdict, pair.verdict, LOOKS.get(pair.verdict, "")),
        _number(pair.difference, pair.interval),
        _number(pair.probability, pair.probability_interval),
        _number(pair.p),
        _number(pair.p_holm),
        _number(pair.smallest_p),
        _number(pair.detectable),
        Cell(runs, str(pair.n_a)),
    )


def _number(value: float | None, ends: Ends | None = None) -> Cell:
    """A number with its interval; where there is none the cell says so and comes last."""
    if value is None:
        return Cell("none")
    return Cell(f"{value:.3g} [{ends.low:.3g}, {ends.high:.3g}]" if ends else f"{value:.3g}", repr(value))

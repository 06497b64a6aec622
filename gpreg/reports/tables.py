"""The table of rows and columns: median, interval and every seed, and what else there is to say of a place."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gpreg.comparison.scored import Scored
from gpreg.reports.material import Published
from gpreg.reports.scores import Group
from gpreg.reports.standing import Interval
from gpreg.reports.theory import Theory

STEEP = 30.0
"""Dots are placed by their logarithms if the largest of a column is so many times the smallest."""


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One seed in a strip.

    Attributes:
        seed: which.
        value: its score.
        x: its place, from 0 to 100.
    """

    seed: int
    value: float
    x: float


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row in one column.

    Attributes:
        middle, low, high: median and the ends of its interval; ``None`` where there is none.
        dots: the seeds that have a score.
        places: of low, middle and high in the strip, from 0 to 100; ``None`` where they are not finite.
        n: number of runs that ended, those that failed among them.
        failed: seeds whose run diverged or failed.
        missing: seeds whose run is done and has no such score.
        pending: number of runs that have not ended.
        published: numbers of papers, to stand beside.
    """

    middle: float | None
    low: float | None
    high: float | None
    dots: Sequence[Dot]
    places: tuple[float, float, float] | None
    n: int
    failed: Sequence[int]
    missing: Sequence[int]
    pending: int
    published: Sequence[Published]

    @property
    def sort(self) -> str:
        """What the column is sorted by; empty, and so at the end, without a number."""
        return "" if self.middle is None else repr(self.middle)

    @property
    def spoken(self) -> str:
        """All seeds in words."""
        seeds = [f"seed {dot.seed}: {dot.value:.4g}" for dot in self.dots]
        return "; ".join([*seeds, *(f"seed {seed}: failed" for seed in self.failed)])


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a table.

    Attributes:
        row: its name.
        rho: what its runs had for rho, in words.
        theory: what theory says of it.
        entries: for each column.
    """

    row: str
    rho: str
    theory: Theory
    entries: Mapping[str, Entry | None]


@dataclass(frozen=True, kw_only=True)
class ScoreTable:
    """A table of one score.

    Attributes:
        group: the scores.
        lines: one a row.
        differs: what tells these scores from those of the first table, if this is another.
    """

    group: Group
    lines: Sequence[Line]
    differs: str = ""


def strip(values: Iterable[float], all_values: Sequence[float]) -> Sequence[float]:
    """Places from 0 to 100 of some values in the strip of a column that has all these values; none if it has none."""
    if not all_values:
        return []
    lowest, highest = min(all_values), max(all_values)
    steep = lowest > 0 and highest > STEEP * lowest
    scale = math.log if steep else float
    low, high = scale(lowest), scale(highest)
    return [50.0 if high == low else round(100 * (scale(value) - low) / (high - low), 2) for value in values]


def entry(
    scored: Sequence[Scored],
    interval: Interval | None,
    *,
    all_values: Sequence[float],
    missing: Sequence[int] = (),
    pending: int = 0,
    published: Sequence[Published] = (),
) -> Entry:
    """Lay out one row in one column.

    Args:
        scored: its scores.
        interval: of its median; ``None`` where there is none.
        all_values: the finite scores of the whole column.
        missing, pending, published: as in the entry.
    """
    kept = [(one.seed, one.value) for one in scored if one.value is not None]
    places = strip([value for _, value in kept], all_values)
    inside: tuple[float, float, float] | None = None
    ends = [value for value in interval or () if value is not None and math.isfinite(value)]
    if len(ends) == 3:
        span = min(all_values), max(all_values)
        low, middle, high = strip([min(max(value, span[0]), span[1]) for value in ends], all_values)
        inside = low, middle, high
    return Entry(
        middle=interval.middle if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        dots=[Dot(seed=seed, value=value, x=x) for (seed, value), x in zip(kept, places, strict=True)],
        places=inside,
        n=len(scored),
        failed=sorted(one.seed for one in scored if one.value is None),
        missing=missing,
        pending=pending,
        published=published,
    )


def score_table(
    group: Group,
    intervals: Mapping[tuple[str, str], Interval],
    *,
    rho: Mapping[str, str],
    theory: Mapping[str, Theory],
    published: Sequence[Published],
    first: Group | None = None,
) -> ScoreTable:
    """Lay out the table of a group of scores.

    Args:
        group: the scores.
        intervals: of the medians, by row and column.
        rho: for each row what its runs had for rho, in words.
        theory: for each row what theory says of it.
        published: numbers of papers.
        first: the group of the first table of this score, if this is another.
    """
    by_place: dict[tuple[str, str], list[Scored]] = {}
    for one in group.scored:
        by_place.setdefault((one.row, one.column), []).append(one)
    values = {
        column: [one.value for one in group.scored if one.column == column and one.value is not None]
        for column in group.columns
    }
    lines = []
    for row in group.rows:
        entries: dict[str, Entry | None] = {}
        for column in group.columns:
            place = row, column
            there = place in by_place or place in group.missing or place in group.pending
            beside = [
                number
                for number in published
                if (number.row, number.column, number.score) == (row, column, group.score) and first is None
            ]
            entries[column] = (
                entry(
                    by_place.get(place, ()),
                    intervals.get(place),
                    all_values=values[column],
                    missing=group.missing.get(place, ()),
                    pending=group.pending.get(place, 0),
                    published=beside,
                )
                if there
                else None
            )
        lines.append(Line(row=row, rho=rho.get(row, ""), theory=theory.get(row, Theory()), entries=entries))
    return ScoreTable(group=group, lines=lines, differs=_difference(group, first) if first else "")


def _difference(group: Group, first: Group) -> str:
    """What tells two ways of taking a score apart, in words."""
    told = []
    for column, way in group.provenance.items():
        before = set(first.provenance.get(column, "").split("; "))
        own = [part for part in way.split("; ") if part not in before]
        told.append(f"{column}: {'; '.join(own) or 'less is told of how it was taken'}")
    return "; ".join(told)

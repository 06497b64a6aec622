"""Ranks of rows with their uncertainty, in one column and over all."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gpreg.comparison.interval import Interval
from gpreg.comparison.probability import beats


@dataclass(frozen=True, kw_only=True)
class Rank:
    """The expected rank of a row: 1 is best.

    It is one more than the sum, over the other rows, of the probability that a run of theirs beats one of this row.

    Attributes:
        row: which.
        column: in which; ``None``: the mean over all columns, which compares scores of different scale.
        rank: from 1 to the number of rows.
        interval: of a percentile bootstrap over the seeds, within each row and column; too narrow for a few seeds.
    """

    row: str
    column: str | None
    rank: float
    interval: Interval


def ranks(
    columns: Mapping[str, Mapping[str, np.ndarray]], *, confidence: float, seed: int, resamples: int
) -> tuple[Rank, ...]:
    """Ranks of the rows in each column, then over all columns of the rows that are in each of them.

    Args:
        columns: by column and row, the runs' losses, ``(n,)``.
        confidence: of the intervals.
        seed: of the resampling.
        resamples: how many.
    """
    rng = np.random.default_rng(seed)
    found, drawn = dict[tuple[str, str], float](), dict[tuple[str, str], np.ndarray]()
    for column, rows in columns.items():
        weights = {
            row: rng.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), resamples) / len(runs)
            for row, runs in rows.items()
        }
        for row, runs in rows.items():
            others = [other for other in rows if other != row]
            won = {other: beats(rows[other], runs) for other in others}
            found[row, column] = 1 + sum(float(won[other].mean()) for other in others)
            total = np.ones(resamples)
            for other in others:
                total += np.einsum("ri,ij,rj->r", weights[other], won[other], weights[row])
            drawn[row, column] = total
    single = [_rank(row, column, found[row, column], drawn[row, column], confidence) for row, column in found]
    everywhere = [row for row in next(iter(columns.values())) if all(row in rows for rows in columns.values())]
    if len(columns) < 2:
        return tuple(single)
    # A row that is missing somewhere has no rank over all columns; the ranks of the others in a column count it.
    return (
        *single,
        *(
            _rank(
                row,
                None,
                float(np.mean([found[row, column] for column in columns])),
                np.mean([drawn[row, column] for column in columns], axis=0),
                confidence,
            )
            for row in everywhere
        ),
    )


def _rank(row: str, column: str | None, rank: float, drawn: np.ndarray, confidence: float) -> Rank:
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    found = Interval(low=float(low), high=float(high), coverage=confidence, method="percentile bootstrap of the seeds")
    return Rank(row=row, column=column, rank=rank, interval=found)

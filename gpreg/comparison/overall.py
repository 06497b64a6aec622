"""A row over all columns, where scores of different columns may be averaged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from gpreg.comparison.interval import Interval


@dataclass(frozen=True, kw_only=True)
class Overall:
    """The interquartile mean of all runs of a row.

    Attributes:
        row: which.
        n: how many runs there are, diverged ones included.
        interquartile_mean: of the runs of all columns together; infinite if more than a quarter of them diverged.
        interval: of a percentile bootstrap of the runs, stratified by column; ``None`` if a run diverged or a
            column has one run.
    """

    row: str
    n: int
    interquartile_mean: float
    interval: Interval | None


def overall(
    columns: Mapping[str, Mapping[str, np.ndarray]], *, sign: int, confidence: float, seed: int, resamples: int
) -> tuple[Overall, ...]:
    """Of each row that is in every column; ``columns`` has the runs' losses, ``(n,)``, by column and row."""
    everywhere = [row for row in next(iter(columns.values())) if all(row in rows for rows in columns.values())]
    return tuple(
        _overall(
            row,
            [rows[row] for rows in columns.values()],
            sign=sign,
            confidence=confidence,
            seed=seed,
            resamples=resamples,
        )
        for row in everywhere
    )


def _overall(
    row: str, strata: Sequence[np.ndarray], *, sign: int, confidence: float, seed: int, resamples: int
) -> Overall:
    runs = np.concatenate(strata)
    trimmed = len(runs) // 4
    middle = float(np.sort(runs)[trimmed : len(runs) - trimmed].mean())
    found = None
    if np.isfinite(runs).all() and min(map(len, strata)) > 1:
        ends = sorted(sign * end for end in _bootstrap(strata, confidence, seed, resamples))
        found = Interval(low=ends[0], high=ends[1], coverage=confidence, method="stratified percentile bootstrap")
    return Overall(row=row, n=len(runs), interquartile_mean=sign * middle, interval=found)


def _bootstrap(strata: Sequence[np.ndarray], confidence: float, seed: int, resamples: int) -> tuple[float, float]:
    def statistic(*drawn: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(stats.trim_mean(np.concatenate(drawn, axis=axis), 0.25, axis=axis))

    ends = stats.bootstrap(
        tuple(strata),
        statistic,
        vectorized=True,
        n_resamples=resamples,
        confidence_level=confidence,
        method="percentile",
        random_state=np.random.default_rng(seed),
    ).confidence_interval
    return float(ends.low), float(ends.high)

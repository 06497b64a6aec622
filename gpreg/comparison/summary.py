"""What the seeds of one row in one column say: middle values with intervals, diverged runs counted."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gpreg.comparison.cells import losses
from gpreg.comparison.interval import Interval, of_interquartile_mean, of_median


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The scores of one row in one column.

    Attributes:
        row, column: which.
        values: every seed's score; ``None`` for a run that diverged or failed.
        median: of all runs, diverged ones counting as worse than any number; infinite if half of them or more diverged
            (``inf`` where lower is better, ``-inf`` where higher is).
        median_interval: of order statistics; see its ``coverage``, which a few seeds cannot make 95 %.
        interquartile_mean: mean of what remains when a quarter of the runs, rounded down, is left out at each end;
            infinite if more runs than that diverged.
        interquartile_interval: its t interval; ``None`` for one run, or where it would not be finite.
    """

    row: str
    column: str
    values: Mapping[int, float | None]
    median: float
    median_interval: Interval | None
    interquartile_mean: float
    interquartile_interval: Interval | None

    @property
    def n(self) -> int:
        """How many runs there are, diverged ones included."""
        return len(self.values)

    @property
    def failed(self) -> int:
        """How many of them diverged or failed."""
        return sum(value is None for value in self.values.values())

    @property
    def text(self) -> str:
        """The median in words: a number, or ``"diverged"`` if half of the runs or more did."""
        return f"{self.median:.4g}" if math.isfinite(self.median) else "diverged"


def summarise(row: str, column: str, values: Mapping[int, float | None], *, sign: int, confidence: float) -> Summary:
    """The summary of one row in one column; ``sign`` is 1 where lower is better and -1 where higher is."""
    ordered = np.sort(losses(list(values.values()), sign=sign))
    trimmed = len(ordered) // 4
    middle = ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
    return Summary(
        row=row,
        column=column,
        values=dict(values),
        median=sign * float(middle.mean()) + 0.0,  # which makes 0 of -0
        median_interval=_turned(of_median(ordered, confidence), sign),
        interquartile_mean=sign * float(ordered[trimmed : len(ordered) - trimmed].mean()) + 0.0,
        interquartile_interval=_turned(of_interquartile_mean(ordered, confidence), sign),
    )


def _turned(found: Interval | None, sign: int) -> Interval | None:
    if found is None or sign == 1:
        return found
    return Interval(low=0.0 - found.high, high=0.0 - found.low, coverage=found.coverage, method=found.method)

"""Curves of several seeds as one band: the median at each step, and the lowest and highest seed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from gpreg.experiments.rows import number
from gpreg.sweeps.evidence import Evidence

MOST = 60
"""Most points of a curve that are kept, evenly spaced, with the first and the last."""


@dataclass(frozen=True)
class Point:
    """One step of a band.

    Attributes:
        step: generator steps done.
        low, middle, high: lowest, median and highest of the seeds.
        n: number of seeds that have a finite value at this step.
    """

    step: int
    low: float
    middle: float
    high: float
    n: int


def band(curves: Sequence[Mapping[int, float]]) -> Sequence[Point]:
    """Put curves, each a value by step, together; values that are not finite are left out, and steps without any."""
    values: dict[int, list[float]] = {}
    for curve in curves:
        for step, value in curve.items():
            if math.isfinite(value):
                values.setdefault(step, []).append(value)
    return [
        Point(step, min(found), median(found), max(found), len(found))
        for step, found in ((step, values[step]) for step in thinned(sorted(values)))
    ]


def thinned(steps: Sequence[int], most: int = MOST) -> Sequence[int]:
    """At most so many of the steps, evenly spaced, the first and the last among them."""
    if len(steps) <= most:
        return steps
    return [steps[round(k * (len(steps) - 1) / (most - 1))] for k in range(most)]


def score_curve(evidence: Evidence, score: str) -> dict[int, float]:
    """A score by step; a score is named ``metric/value``."""
    metric, _, name = score.partition("/")
    lines = (line for line in evidence.scores if line["metric"] == metric and name in line["values"])
    return {line["step"]: number(line["values"][name]) for line in lines}


def statistic_curve(evidence: Evidence, key: str) -> dict[int, float]:
    """A statistic of ``stats.jsonl`` by step, such as ``gradient_norm``."""
    return {line["step"]: number(line[key]) for line in evidence.stats if key in line}

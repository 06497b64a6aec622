"""Scores by row and column, checked, and turned so that lower is better."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gpreg.comparison.scored import Scored
from gpreg.errors import UsageError

Cells = Mapping[str, Mapping[str, Mapping[int, float | None]]]
"""Column, row, seed: the score."""


def cells(scores: Sequence[Scored]) -> Cells:
    """The scores by column, row and seed, in the order of their first appearance.

    Raises:
        UsageError: there is no score, one is not finite, or two have the same row, column and seed.
    """
    found: dict[str, dict[str, dict[int, float | None]]] = {}
    for one in scores:
        where = f"row {one.row!r}, column {one.column!r}, seed {one.seed}"
        if one.value is not None and not math.isfinite(one.value):
            raise UsageError(
                f"the score of {where} is {one.value}; a score is a finite number",
                remedy="give value=None for a run that diverged or failed: it counts as worse than any number",
            )
        seeds = found.setdefault(one.column, {}).setdefault(one.row, {})
        if one.seed in seeds:
            raise UsageError(
                f"there are two scores of {where}; a run counts once",
                remedy="give runs that differ in more than their seed different rows",
            )
        seeds[one.seed] = one.value
    if not found:
        raise UsageError("there is no score to compare", remedy="give at least one gpreg.comparison.scored.Scored")
    return found


def losses(values: Sequence[float | None], *, sign: int) -> np.ndarray:
    """Values of which lower is better, ``(n,)``: times ``sign``, and infinite where a run has none."""
    return np.array([math.inf if value is None else sign * value for value in values])

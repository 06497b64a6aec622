"""The comparison of rows over seeds: all statistics of a set of scores, and the answer in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gpreg.comparison.answer import answer, caveats, together
from gpreg.comparison.cells import Cells, cells, losses
from gpreg.comparison.overall import Overall, overall
from gpreg.comparison.pairs import Pair, pairs
from gpreg.comparison.ranks import Rank, ranks
from gpreg.comparison.scored import Scored
from gpreg.comparison.summary import Summary, summarise
from gpreg.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Rows compared in each column.

    Attributes:
        summaries: of each row in each column.
        pairs: every two rows of each column.
        ranks: of each row in each column, and over all columns if there are several.
        overall: of each row over all columns; empty unless scores of different columns were said to be comparable.
        answer: one sentence for each column.
        caveats: what limits it, a sentence each.
    """

    summaries: tuple[Summary, ...]
    pairs: tuple[Pair, ...]
    ranks: tuple[Rank, ...]
    overall: tuple[Overall, ...]
    answer: tuple[str, ...]
    caveats: tuple[str, ...]


def compare(
    scores: Sequence[Scored],
    *,
    better: Literal["lower", "higher"],
    band: float = 0.0,
    confidence: float = 0.95,
    seed: int = 0,
    resamples: int = 2000,
    paired: bool | None = None,
    comparable: bool = False,
    score: str = "the score",
) -> Comparison:
    """Compare rows in each column, with the uncertainty that a few seeds leave.

    Args:
        scores: one of each run.
        better: which scores are better.
        band: differences up to this size, in units of the score, do not matter: rows whose interval lies within it are
            equivalent. 0: none are.
        confidence: of each interval; one minus it is the level of the tests.
        seed: of the resampling; the same seed gives the same numbers.
        resamples: how many bootstrap samples are drawn.
        paired: compare runs of the same seed, where two rows have any; ``False``: all of one row with all of the
            other. ``None``: pair where so many common seeds can decide anything, or where nothing can; the scores have
            no say in it. If you choose, choose before seeing them.
        comparable: scores of different columns are on one scale, so that their mean says something.
        score: what the scores are, for the answer.

    Raises:
        UsageError: there is no score, one is not finite or there twice, or an argument is out of its bounds.

    >>> runs = [Scored(row=row, column="8gaussians", seed=seed, value=value + 0.01 * seed * (row == "mid"))
    ...         for row, value in (("pd", 0.1), ("mid", 0.3)) for seed in range(3)]
    >>> compare(runs, better="lower").answer
    ('On 8gaussians, by the score, between pd and mid these 3 seeds decide nothing.',)
    """
    _check(better, band, confidence, resamples)
    sign = 1 if better == "lower" else -1
    table = cells(scores)
    summaries = {
        column: [summarise(row, column, values, sign=sign, confidence=confidence) for row, values in rows.items()]
        for column, rows in table.items()
    }
    between = {
        column: pairs(column, rows, sign=sign, band=band, confidence=confidence, seed=seed, paired=paired)
        for column, rows in table.items()
    }
    turned = {
        column: {row: losses(list(values.values()), sign=sign) for row, values in rows.items()}
        for column, rows in table.items()
    }
    told = {
        column: caveats(summaries[column], between[column], confidence=confidence, paired=bool(paired))
        for column in table
    }
    return Comparison(
        summaries=tuple(one for some in summaries.values() for one in some),
        pairs=tuple(one for some in between.values() for one in some),
        ranks=ranks(turned, confidence=confidence, seed=seed, resamples=resamples),
        overall=overall(turned, sign=sign, confidence=confidence, seed=seed, resamples=resamples) if comparable else (),
        answer=tuple(
            answer(column, summaries[column], between[column], score=score, band=band, sign=sign) for column in table
        ),
        caveats=(*together(told), *_missing(table)),
    )


def _missing(table: Cells) -> list[str]:
    rows = list(dict.fromkeys(row for column in table.values() for row in column))
    return [
        f"{row} has no run on {column}; it is in no rank over all columns, and nothing was put in its place."
        for column in table
        for row in rows
        if row not in table[column]
    ]


def _check(better: str, band: float, confidence: float, resamples: int) -> None:
    if better not in {"lower", "higher"}:
        raise UsageError(f"better={better!r} is neither 'lower' nor 'higher'", remedy="give better='lower'")
    if not (math.isfinite(band) and band >= 0):
        raise UsageError(f"the band is {band}; it is a finite size of 0 or more", remedy="give, say, band=0.01")
    if not 0 < confidence < 1:
        raise UsageError(f"the confidence is {confidence}; it is between 0 and 1", remedy="give confidence=0.95")
    if resamples < 1:
        raise UsageError(f"{resamples} resamples are none", remedy="give, say, resamples=2000")

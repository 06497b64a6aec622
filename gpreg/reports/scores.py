"""Scores that may stand in one table: of one name, taken in one way, one for each row, column and seed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gpreg.comparison.scored import Scored
from gpreg.errors import UsageError, did_you_mean
from gpreg.sweeps.cell import Result

FAILED = ("diverged", "failed")
"""States that count as worse than any number."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Scores that may be compared within each column.

    Attributes:
        score: its name, ``metric/value``.
        better: ``"higher"`` or ``"lower"``.
        provenance: for each column, how its scores were taken.
        scored: the scores, ``None`` where the run diverged or failed.
        missing: for each row and column the seeds whose run is done but has no such score.
        pending: for each row and column the number of runs that have not ended.
    """

    score: str
    better: str
    provenance: Mapping[str, str]
    scored: Sequence[Scored]
    missing: Mapping[tuple[str, str], Sequence[int]]
    pending: Mapping[tuple[str, str], int]

    @property
    def rows(self) -> Sequence[str]:
        """The rows, in the order of the results."""
        places = [(one.row, one.column) for one in self.scored]
        return list(dict.fromkeys(row for row, _ in (*places, *self.missing, *self.pending)))

    @property
    def columns(self) -> Sequence[str]:
        """The columns, in the order of the results."""
        places = [(one.row, one.column) for one in self.scored]
        return list(dict.fromkeys(column for _, column in (*places, *self.missing, *self.pending)))


def named_rows(results: Sequence[Result]) -> Mapping[str, str]:
    """The row of each cell, by the cell's name: with its rho where the results of a row and column differ in it."""
    rhos: dict[tuple[str, str], set[float | str]] = {}
    for result in results:
        rhos.setdefault((result.cell.row, result.cell.column), set()).add(result.cell.rho)
    several = {row for (row, _), found in rhos.items() if len(found) > 1}
    return {
        result.cell.name: f"{result.cell.row}, rho {spelled(result.cell.rho)}"
        if result.cell.row in several
        else result.cell.row
        for result in results
    }


def spelled(rho: float | str) -> str:
    """A rho in words: ``0.5``, ``auto``."""
    return rho if isinstance(rho, str) else f"{rho:.4g}"


def scores_of(results: Sequence[Result]) -> Sequence[str]:
    """The names of all scores, in the order in which runs have them."""
    return list(dict.fromkeys(score for result in results for score in (*result.scores, *result.history)))


def chosen_score(results: Sequence[Result], asked: str | None, default: str | None) -> str | None:
    """The score by which rows are compared; ``None`` if no run has any.

    Args:
        results: the results.
        asked: by the user: a score, or the metric if it has one value.
        default: of the sweep.

    Raises:
        UsageError: no run has the score that is asked for.
    """
    known = scores_of(results)
    if asked is None:
        return default if default in known else next(iter(known), default)
    fitting = [score for score in known if asked in (score, score.partition("/")[0], score.partition("/")[2])]
    if asked in fitting or len(fitting) == 1:
        return asked if asked in fitting else fitting[0]
    raise UsageError(
        f"no run has a score named {asked!r}{did_you_mean(asked, known)}",
        remedy=f"scores are {', '.join(known) or 'none'}; `gpreg evaluate RUN --metric NAME` takes another",
    )


def groups(results: Sequence[Result], score: str) -> Sequence[Group]:
    """Split the results such that all scores of a column in one group were taken in the same way.

    The first group has the way that most runs of each column have. A run that failed has no score, so that it stands
    with the other runs of its row, or else in the first group.
    """
    rows = named_rows(results)
    ways = _ways(results, score)
    number = max((len(found) for found in ways.values()), default=0) or 1
    return [_group(results, score, rows, ways, index) for index in range(number)]


def _ways(results: Sequence[Result], score: str) -> Mapping[str, Sequence[str]]:
    """For each column the ways in which its scores were taken, the commonest first."""
    counts: dict[str, Counter[str]] = {}
    for result in results:
        counter = counts.setdefault(result.cell.column, Counter())
        if score in result.scores:
            counter[result.provenance.get(score, "")] += 1
    return {column: sorted(counter, key=lambda way: (-counter[way], way)) for column, counter in counts.items()}


def _group(
    results: Sequence[Result], score: str, rows: Mapping[str, str], ways: Mapping[str, Sequence[str]], index: int
) -> Group:
    homes: dict[tuple[str, str], Counter[str]] = {}
    for result in results:
        if score in result.scores:
            place = rows[result.cell.name], result.cell.column
            homes.setdefault(place, Counter())[result.provenance.get(score, "")] += 1
    scored: list[Scored] = []
    missing: dict[tuple[str, str], list[int]] = {}
    pending: Counter[tuple[str, str]] = Counter()
    better = ""
    for result in results:
        cell = result.cell
        place = rows[cell.name], cell.column
        way = dict(enumerate(ways[cell.column])).get(index)
        first = next(iter(ways[cell.column]), None)
        home = homes[place].most_common(1)[0][0] if place in homes else first
        if score in result.scores:
            if result.provenance.get(score, "") == way:
                better = better or result.better.get(score, "")
                scored.append(Scored(row=place[0], column=cell.column, seed=cell.seed, value=result.scores[score]))
        elif home != way or (way is None and index):
            continue
        elif result.state in FAILED:
            scored.append(Scored(row=place[0], column=cell.column, seed=cell.seed, value=None))
        elif result.state == "done":
            missing.setdefault(place, []).append(cell.seed)
        else:
            pending[place] += 1
    return Group(
        score=score,
        better=better or "lower",
        provenance={column: found[index] for column, found in ways.items() if index < len(found)},
        scored=scored,
        missing=missing,
        pending=pending,
    )

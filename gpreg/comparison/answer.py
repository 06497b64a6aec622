"""The answer in plain words, and what limits it."""

from collections.abc import Mapping, Sequence

from gpreg.comparison.detectable import seeds_needed
from gpreg.comparison.pairs import Pair, Verdict
from gpreg.comparison.summary import Summary

FEW = 4
"""Rows up to which the answer names what is known of all pairs; of more rows it goes from the best one."""

TURNED: dict[Verdict, Verdict] = {"better": "worse", "worse": "better"}
"""What a verdict on A against B is on B against A, where that differs."""


def answer(
    column: str, summaries: Sequence[Summary], pairs: Sequence[Pair], *, score: str, band: float, sign: int
) -> str:
    """One sentence on a column: who is better than whom, who is equivalent, and what the seeds do not decide.

    Args:
        column: which.
        summaries: of its rows.
        pairs: every two of them.
        score: what they are compared by.
        band: differences that do not matter.
        sign: 1 where lower scores are better, -1 where higher are.
    """
    where = f"On {column}, by {score}, "
    if not pairs:
        return f"{where}there is only {_quoted(summaries[0].row)}, which nothing is compared with."
    counts = {one.n for one in summaries}
    seeds = f"these {counts.pop()} seeds" if len(counts) == 1 and counts != {1} else "these runs"
    if len(summaries) > FEW:
        best = min(summaries, key=lambda one: sign * one.median).row
        return f"{where}{'; '.join(_from(best, summaries, pairs, seeds, band))}."
    return f"{where}{'; '.join(_of_all([one.row for one in summaries], pairs, seeds, band))}."


def _of_all(rows: Sequence[str], pairs: Sequence[Pair], seeds: str, band: float) -> list[str]:
    """What is known of every pair."""
    parts = [f"{_listed(best)} {_are(best)} better than {_listed(rest)}" for best, rest in _wins(rows, pairs)]
    same = [(pair.a, pair.b) for pair in pairs if pair.verdict == "equivalent"]
    parts += [f"{_listed(group)} are equivalent within {band:g}" for group in _groups(rows, same)]
    opened = [(pair.a, pair.b) for pair in pairs if pair.verdict == "undecided"]
    groups = _groups(rows, opened)
    if 0 < len(groups) <= 3:
        parts += [
            f"{'between' if len(group) == 2 else 'among'} {_listed(group)} {seeds} decide nothing" for group in groups
        ]
    elif groups:
        parts.append(f"{seeds} decide nothing between the other {len(opened)} pairs")
    return parts


def _from(best: str, summaries: Sequence[Summary], pairs: Sequence[Pair], seeds: str, band: float) -> list[str]:
    """What is known of the row with the best median, and how much of the others."""
    others = [one.row for one in summaries if one.row != best]
    verdicts = {pair.b: pair.verdict for pair in pairs if pair.a == best}
    verdicts |= {pair.a: TURNED.get(pair.verdict, pair.verdict) for pair in pairs if pair.b == best}
    by_verdict = {verdict: [row for row in others if verdicts[row] == verdict] for verdict in verdicts.values()}
    parts = [f"{_quoted(best)} has the best median"]
    if beaten := by_verdict.get("better"):
        parts.append(f"it is better than {_listed(beaten)}")
    if ahead := by_verdict.get("worse"):  # possible, since verdicts are of means
        parts.append(f"{_listed(ahead)} {_are(ahead)} better than it by the mean")
    if same := by_verdict.get("equivalent"):
        parts.append(f"it is equivalent within {band:g} to {_listed(same)}")
    if opened := by_verdict.get("undecided"):
        parts.append(f"against {'any other' if opened == others else _listed(opened)} {seeds} decide nothing")
    rest = [pair for pair in pairs if best not in {pair.a, pair.b}]
    decided = sum(pair.verdict != "undecided" for pair in rest)
    if opened == others and not decided:
        nothing = f"{seeds} decide nothing between any two of the {len(summaries)} rows"
        return [f"{_quoted(best)} has the best median, and {nothing}"]
    return [*parts, f"of the other {len(rest)} pairs, {decided} are decided"]


def caveats(summaries: Sequence[Summary], pairs: Sequence[Pair], *, confidence: float, paired: bool) -> list[str]:
    """What a reader of one column's numbers must know, a sentence each.

    Args:
        summaries: of its rows.
        pairs: every two of them.
        confidence: one minus it is the level of the tests.
        paired: whether pairs were to be compared on common seeds, even where that decides nothing.
    """
    told = [
        f"{one.failed} of {one.n} runs of {one.row} on {one.column} diverged or failed; "
        "they count as worse than any number."
        for one in summaries
        if one.failed
    ]
    told += [
        f"{one.row} on {one.column} has one run: nothing is known of its spread." for one in summaries if one.n == 1
    ]
    level = 1 - confidence
    if blind := [pair for pair in pairs if not pair.decidable]:
        least = min(pair.smallest_p for pair in blind)
        needed = seeds_needed(len(pairs), level, paired=paired)
        told.append(
            f"On {blind[0].column}, {len(blind)} of {len(pairs)} pairs have too few runs to be decided at {level:.2g}: "
            f"their smallest possible p-value is {least:.3g}, before Holm's correction for {len(pairs)} "
            f"pair{'s' * (len(pairs) > 1)}; {needed} seeds a row could decide."
        )
    known = {one.row: one for one in summaries}
    for pair in pairs:
        left_out = known[pair.a].n + known[pair.b].n - pair.n_a - pair.n_b
        if pair.paired and left_out:
            told.append(
                f"{pair.a} and {pair.b} on {pair.column} are compared on their {pair.n_a} common seeds; "
                f"{left_out} other run{'s are' if left_out > 1 else ' is'} left out of their difference."
            )
        elif not pair.paired and set(known[pair.a].values) != set(known[pair.b].values):
            told.append(
                f"{pair.a} and {pair.b} on {pair.column} have different seeds: all runs of one are compared with all "
                "of the other, unpaired."
            )
    if ranked := sum(pair.difference is None for pair in pairs):
        told.append(
            f"On {pairs[0].column}, {ranked} of {len(pairs)} pairs have no mean difference, because runs diverged; "
            "their p-values are those of ranks."
        )
    return told


def together(told: Mapping[str, Sequence[str]]) -> list[str]:
    """The caveats of all columns; one that several columns have in common is told once.

    >>> together({"a": ["On a, all is lost."], "b": ["On b, all is lost.", "On b, or not."]})
    ['On a and b, all is lost.', 'On b, or not.']
    """
    columns: dict[str, list[str]] = {}
    for column, sentences in told.items():
        for sentence in sentences:
            start = f"On {column}, "
            columns.setdefault(sentence.removeprefix(start), []).extend([column] * sentence.startswith(start))
    return [f"On {_listed(where)}, {rest}" if where else rest for rest, where in columns.items()]


def _wins(rows: Sequence[str], pairs: Sequence[Pair]) -> list[tuple[list[str], list[str]]]:
    """Rows that are better than the same others, together."""
    beaten: dict[str, set[str]] = {row: set() for row in rows}
    for pair in pairs:
        if pair.verdict == "better":
            beaten[pair.a].add(pair.b)
        elif pair.verdict == "worse":
            beaten[pair.b].add(pair.a)
    together: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if beaten[row]:
            together.setdefault(tuple(other for other in rows if other in beaten[row]), []).append(row)
    return [(best, list(rest)) for rest, best in sorted(together.items(), key=lambda item: -len(item[0]))]


def _groups(rows: Sequence[str], joined: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The fewest groups, taken greedily, in which every two rows are joined, that together have each joined pair."""
    left, every = set(joined), set(joined)
    found = []
    while left:
        first = min(left, key=lambda pair: (rows.index(pair[0]), rows.index(pair[1])))
        group = list(first)
        for row in rows:
            if row not in group and all((one, row) in every or (row, one) in every for one in group):
                group.append(row)
        left -= {(a, b) for a in group for b in group}
        found.append(sorted(group, key=rows.index))
    return found


def _listed(names: Sequence[str]) -> str:
    told = [_quoted(name) for name in names]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _quoted(name: str) -> str:
    """A name that can be told from its neighbours in a list, though it has commas itself."""
    return f"'{name}'" if "," in name else name


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"

"""The answer in plain words, and what limits it."""

from collections.abc import Sequence

from gpreg.comparison.detectable import seeds_needed
from gpreg.comparison.pairs import Pair
from gpreg.comparison.summary import Summary


def answer(column: str, summaries: Sequence[Summary], pairs: Sequence[Pair], *, score: str, band: float) -> str:
    """One sentence on a column: who is better than whom, who is equivalent, and what the seeds do not decide."""
    where = f"On {column}, by {score}, "
    if not pairs:
        return f"{where}there is only {summaries[0].row}, which nothing is compared with."
    rows = [one.row for one in summaries]
    parts = [f"{_listed(best)} {_are(best)} better than {_listed(rest)}" for best, rest in _wins(rows, pairs)]
    same = [(pair.a, pair.b) for pair in pairs if pair.verdict == "equivalent"]
    parts += [f"{_listed(group)} are equivalent within {band:g}" for group in _groups(rows, same)]
    opened = [(pair.a, pair.b) for pair in pairs if pair.verdict == "undecided"]
    counts = {one.n for one in summaries}
    seeds = f"these {counts.pop()} seeds" if len(counts) == 1 and counts != {1} else "these runs"
    groups = _groups(rows, opened)
    if 0 < len(groups) <= 3:
        parts += [
            f"{'between' if len(group) == 2 else 'among'} {_listed(group)} {seeds} decide nothing" for group in groups
        ]
    elif groups:
        parts.append(f"{seeds} decide nothing between the other {len(opened)} pairs")
    return f"{where}{'; '.join(parts)}."


def caveats(summaries: Sequence[Summary], pairs: Sequence[Pair], *, confidence: float) -> list[str]:
    """What a reader of one column's numbers must know, a sentence each."""
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
        needed = seeds_needed(len(pairs), level, paired=blind[0].paired)
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
            told.append(f"{pair.a} and {pair.b} on {pair.column} have too few common seeds to be paired.")
    if ranked := sum(pair.difference is None for pair in pairs):
        told.append(
            f"On {pairs[0].column}, {ranked} of {len(pairs)} pairs have no mean difference, because runs diverged; "
            "their p-values are those of ranks."
        )
    return told


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
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"

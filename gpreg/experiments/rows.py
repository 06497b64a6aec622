"""Statistics and scores of a run as rows that all have the same keys, as ``pandas.DataFrame(rows)`` takes them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]


def statistics_rows(lines: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Statistics, a row a tick: ``step`` is an int, everything else a float, ``nan`` where it was not measured."""
    keys = dict.fromkeys(key for line in lines for key in line)
    return [{key: line["step"] if key == "step" else number(line.get(key)) for key in keys} for line in lines]


def score_rows(lines: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Scores, a row for each value of a metric, with what must be the same before two of them may be compared."""
    return [
        {
            "step": line["step"],
            "metric": line["metric"],
            "score": name,
            "value": number(value),
            "better": _told(line, "better").get(name, ""),
            **{key: _told(line, "provenance").get(key) for key in ("generator", "split", "generated", "seed")},
        }
        for line in lines
        for name, value in line["values"].items()
    ]


def number(value: object) -> float:
    """A number of a run's JSON, which writes ``null`` for what is not finite."""
    return float(value) if isinstance(value, int | float) else math.nan


def _told(line: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = line.get(key)
    return table if isinstance(table, Mapping) else {}

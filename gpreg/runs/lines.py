"""A file of JSON objects, one per line, that grows during a run: ``stats.jsonl``, ``metrics.jsonl``."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gpreg.disk.atomic import write
from gpreg.disk.refusal import found, storage
from gpreg.disk.regular import opened, read_bytes
from gpreg.errors import UsageError
from gpreg.registry.plain import plain
from gpreg.registry.wording import shown

_MOST = 10**15
"""Bound of step numbers."""

_MOST_BYTES = 2**26
"""Most bytes of such a file, enough for some 150,000 ticks; reading a longer one would take gigabytes of memory."""


def statistics_fault(row: Mapping[str, Any]) -> str:
    """What is wrong with a row of ``stats.jsonl``, which has numbers by name; empty if nothing is."""
    wrong = [key for key, value in row.items() if not _number(value)]
    return f"{shown(wrong[0])} is no number" if wrong else ""


def score_fault(row: Mapping[str, Any]) -> str:
    """What is wrong with a row of ``metrics.jsonl``, which has a metric and numbers by name; empty if nothing is."""
    values = row.get("values")
    if not isinstance(row.get("metric"), str):
        return "'metric' is no text"
    if not isinstance(values, dict) or not all(map(_number, values.values())):
        return "'values' is no table of numbers"
    return "" if isinstance(row.get("provenance", {}), dict) else "'provenance' is no table"


class Lines:
    """JSON lines, each with a ``step``, in the order of their steps.

    Args:
        path: path of the file, which need not exist.
        fault: a function that says what is wrong with a row; empty if nothing is.
    """

    def __init__(self, path: Path, fault: Callable[[Mapping[str, Any]], str] = lambda row: "") -> None:
        self.path, self._fault = path, fault

    def append(self, row: Mapping[str, Any]) -> None:
        """Append a line; the operating system has it when this returns. Numbers that are not finite become ``null``.

        Raises:
            StorageError: the line could not be written.
            UsageError: a link, or something else that is no regular file, is in the file's place.
        """
        line = (json.dumps(plain(row, infinity="null", nan="null"), allow_nan=False) + "\n").encode()
        with storage(self.path), opened(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as descriptor:
            status = os.fstat(descriptor)
            if status.st_size and os.pread(descriptor, 1, status.st_size - 1) != b"\n":
                line = b"\n" + line  # a crash cut the last line short
            if status.st_nlink > 1:  # a hard link: the file also belongs to another folder
                write(self.path, os.pread(descriptor, status.st_size, 0) + line)
                return
            with open(descriptor, "ab", closefd=False) as file:
                file.write(line)

    def read(self) -> list[dict[str, Any]]:
        """All lines, except those that a crash cut short.

        Raises:
            UsageError: a complete line is not one that a run writes, or the file is too long; names file and line.
        """
        with found(self.path):
            try:
                content = read_bytes(self.path, _MOST_BYTES)
            except FileNotFoundError:
                return []
        rows = ((number, _row(line)) for number, line in enumerate(content.split(b"\n"), 1))
        whole = [(number, row) for number, row in rows if row is not None]
        for number, row in whole:
            step = row.get("step")
            right = type(step) is int and 0 <= step < _MOST
            if wrong := self._fault(row) if right else "'step' is no number of steps":
                raise UsageError(
                    f"{self.path}:{number}: this is no line of a run: {wrong}", remedy="remove the line, or the file"
                )
        return [row for _, row in whole]

    def rewind(self, step: int, keep: Callable[[Mapping[str, Any]], bool] = lambda row: True) -> None:
        """Remove the lines after a step, and those that ``keep`` rejects; a resumed run writes them again.

        Raises:
            StorageError: the file could not be written; nothing is removed.
        """
        rows = self.read()
        if rows or self.path.exists():
            kept = [row for row in rows if row["step"] <= step and keep(row)]
            write(self.path, "".join(json.dumps(row) + "\n" for row in kept))


def _row(line: bytes) -> dict[str, Any] | None:
    """The object on a line; ``None`` if a crash cut the line short."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _number(value: object) -> bool:
    """Whether a value is a number within the range of floats, or ``null``, which stands for one that is not finite."""
    return value is None or (
        isinstance(value, float | int) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    )

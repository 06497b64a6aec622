"""A file of JSON objects, one a line, that grows during a run: ``stats.jsonl``, ``metrics.jsonl``."""

import json
import math
from collections.abc import Mapping
from os import SEEK_END
from pathlib import Path
from typing import Any

from gpreg.runs.atomic import storage, write


class Lines:
    """JSON lines, each with a ``step``, in the order of their steps.

    Args:
        path: of the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, row: Mapping[str, Any]) -> None:
        """One more line, handed to the system before this returns. Numbers that are not finite become ``null``.

        Raises:
            StorageError: it could not be written.
        """
        line = json.dumps(_finite(row), allow_nan=False) + "\n"
        with storage(self.path), self.path.open("ab") as file:
            file.write(line.encode() if self._ends_whole() else f"\n{line}".encode())

    def read(self) -> list[dict[str, Any]]:
        """Every line. One that a crash cut short is left out."""
        if not self.path.exists():
            return []
        rows = map(_row, self.path.read_bytes().splitlines())
        return [row for row in rows if row is not None]

    def rewind(self, step: int) -> None:
        """Forget the lines after a step: a run that continues there writes them again."""
        if self.path.exists():
            kept = [row for row in self.read() if row["step"] <= step]
            write(self.path, "".join(json.dumps(row) + "\n" for row in kept))

    def _ends_whole(self) -> bool:
        """Whether the next line may follow at once: the last one was not cut short."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            return True
        with self.path.open("rb") as file:
            file.seek(-1, SEEK_END)
            return file.read() == b"\n"


def _row(line: bytes) -> dict[str, Any] | None:
    """What a line says; ``None`` if a crash cut it short."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

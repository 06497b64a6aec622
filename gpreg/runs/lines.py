"""A file of JSON objects, one a line, that grows during a run: ``stats.jsonl``, ``metrics.jsonl``."""

import json
import math
from collections.abc import Mapping
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
        """One more line, on the disk before this returns. Numbers that are not finite become ``null``.

        Raises:
            StorageError: it could not be written.
        """
        line = json.dumps({key: _finite(value) for key, value in row.items()}, allow_nan=False)
        with storage(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def read(self) -> list[dict[str, Any]]:
        """Every line. One that a crash cut short is left out."""
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def rewind(self, step: int) -> None:
        """Forget the lines after a step: a run that continues there writes them again."""
        if self.path.exists():
            kept = [row for row in self.read() if row["step"] <= step]
            write(self.path, "".join(json.dumps(row) + "\n" for row in kept))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value

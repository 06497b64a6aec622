"""Rewrite a report while its runs go on."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gpreg.reports.report import Report

SECONDS = 5.0
"""Time between two looks at the folders."""

TOLD = ("stats.jsonl", "metrics.jsonl", "cells.json")
"""Files that grow while runs go on, with the outcomes of cells."""


def watch(
    paths: Iterable[Path], write: Callable[[], Report], *, pause: Callable[[float], None] = time.sleep
) -> Iterator[Report]:
    """Write a report, and again whenever a run has got further, until all have ended and nothing changes any more.

    Args:
        paths: the folders that the report is about.
        write: writes it.
        pause: waits for some seconds.
    """
    folders = list(paths)
    before, written = _signs(folders), write()
    yield written
    while True:
        pause(SECONDS)
        now = _signs(folders)
        if now != before:
            before, written = now, write()
            yield written
        elif not written.pending:
            return


def _signs(folders: Iterable[Path]) -> object:
    """What changes when a run gets further: sizes and times of the files that tell."""
    found = []
    for folder in folders:
        for place, _, names in os.walk(folder):
            told = [name for name in names if name in TOLD or (Path(place).name == "cells" and name.endswith(".json"))]
            for name in told:
                try:
                    status = (Path(place) / name).stat()
                except FileNotFoundError:  # it was replaced just now
                    continue
                found.append((place, name, status.st_mtime_ns, status.st_size))
    return sorted(found)

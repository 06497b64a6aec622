"""The run folder: all files of a run, by name."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpreg.disk.atomic import clear_partials, write
from gpreg.disk.refusal import found
from gpreg.disk.regular import TooLarge, check_regular, read_bytes, read_text
from gpreg.errors import UsageError
from gpreg.recipe import read
from gpreg.recipe.document import parse
from gpreg.recipe.file import MOST_BYTES
from gpreg.runs.checkpoints import Checkpoints
from gpreg.runs.lines import Lines, score_fault, statistics_fault
from gpreg.runs.lock import LOCK
from gpreg.runs.plan import Plan, Supply
from gpreg.runs.supplied import supplied_again

RECIPE, ENVIRONMENT, CHECKPOINTS, SAMPLES = "recipe.toml", "environment.json", "checkpoints", "samples"

MOVING, BEFORE = ".moving", ".before"
"""Hidden folders for the old run while a new one replaces it: its files are moved into ``MOVING``, which is renamed to
``BEFORE`` when it has all of them. Nothing of the new run exists before that."""

_DOCUMENT_BYTES = 2**25
"""Most bytes that a document may have; the longest lists the files of a dataset that could not be read."""

_PARTIAL = re.compile(r"\.[0-9a-f]{16}\.partial")


class RunFolder:
    """One run's folder.

    Attributes:
        path: path of the folder.
        stats: ``stats.jsonl``, one line per tick.
        metrics: ``metrics.jsonl``, one line per score.
        checkpoints: the checkpoints from which the run can be continued.
        samples: the folder of pictures.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stats = Lines(path / "stats.jsonl", statistics_fault)
        self.metrics = Lines(path / "metrics.jsonl", score_fault)
        self.checkpoints = Checkpoints(path / CHECKPOINTS)
        self.samples = path / SAMPLES

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The folder of an existing run.

        Raises:
            UsageError: the path is no run folder, or contains something that is neither file nor folder, such as a
                link.
        """
        with found(path):
            there = (path / RECIPE).exists()
        if not there:
            why = f"it has no {RECIPE}" if path.exists() else "there is no such folder"
            raise UsageError(
                f"{path} is not a run folder: {why}",
                remedy="give the folder that `gpreg train` wrote, such as runs/00000-mid-mlp-8gaussians",
            )
        check_regular(path, inside=(CHECKPOINTS, SAMPLES))
        return cls(path)

    @property
    def recipe(self) -> str:
        """The complete recipe, as TOML.

        Raises:
            UsageError: the file cannot be read, is too long, or is no text.
        """
        return read_text(self.path / RECIPE, MOST_BYTES)

    def plan(self, supply: Supply) -> Plan:
        """The run's plan, by the recipe in its folder.

        Raises:
            UsageError: the recipe cannot be read, or names a plugin that is not installed; or a plugin file that the
                run was trained with is not given, or has changed.
        """
        there = self.supplied(supply)
        return there.plan(read(self.recipe, origin=str(self.path / RECIPE), registry=there.registry))

    def supplied(self, supply: Supply) -> Supply:
        """The supply with the plugin files and objects that the run was trained with.

        Raises:
            UsageError: a plugin file is not given, or has changed.
        """
        recipe = parse(self.recipe, origin=str(self.path / RECIPE))
        registry = supplied_again(self.read_document(ENVIRONMENT), recipe, supply.registry, run=self.path)
        return replace(supply, registry=registry)

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """Write one JSON document, such as ``environment.json``."""
        write(self.path / name, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def read_document(self, name: str) -> dict[str, Any]:
        """One JSON document of the folder; empty if it is missing or damaged.

        Raises:
            UsageError: a link, or something else that is no regular file, is in its place.
        """
        try:
            found = json.loads(read_bytes(self.path / name, _DOCUMENT_BYTES))
        except (OSError, ValueError, RecursionError, TooLarge):
            return {}
        return found if isinstance(found, dict) else {}

    def begun(self) -> bool:
        """Whether the run has done a step, as far as a checkpoint or a line of its files shows."""
        if any(step > 0 for step in self.checkpoints.steps()):
            return True
        try:
            return any(row["step"] > 0 for lines in (self.stats, self.metrics) for row in lines.read())
        except UsageError:  # a file that cannot be read may be worth keeping
            return True

    def rewind(self, step: int, written: Callable[[Mapping[str, Any]], bool] | None = None) -> None:
        """Remove what is later than the step that the run continues from, and half-written files.

        Args:
            step: number of generator steps done.
            written: whether a line was written by the training itself; such lines of exactly this step are removed too.
                ``None``: all lines of this step are kept.
        """
        for folder in (self.path, self.samples):
            clear_partials(folder)
        self.checkpoints.forget_after(step)
        again = (lambda row: row["step"] < step or not written(row)) if written else (lambda row: True)
        self.stats.rewind(step, again)
        self.metrics.rewind(step, again)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Check, before anything is computed, that a run may be started in a folder.

    A run that never did a step may always be replaced.

    Raises:
        UsageError: the folder contains a run and ``overwrite`` is not set, or it contains something else.
    """
    with found(path):
        if not path.is_dir():
            names, run = {path.name} if path.exists() or path.is_symlink() else set(), False
        else:
            names = {entry.name for entry in path.iterdir() if not _is_leftover(entry.name)}
            set_aside = not names.isdisjoint((MOVING, BEFORE))
            # a folder with nothing but a recipe need not be a run
            run = set_aside or ((path / RECIPE).is_file() and (path / CHECKPOINTS).is_dir())
    if not names:
        return
    if not run:
        raise UsageError(
            f"{path} exists and is no run folder; it is left alone", remedy="choose another folder with --out"
        )
    if not overwrite and (set_aside or RunFolder(path).begun()):
        remedy = f"`gpreg resume {path}` continues it; --overwrite replaces it; --out DIR chooses another folder"
        raise UsageError(f"{path} holds a run already", remedy=remedy)


def _is_leftover(name: str) -> bool:
    """Whether a file is a lock or half-written, and so was left by a killed process."""
    return name == LOCK or bool(_PARTIAL.fullmatch(name))


def next_free(parent: Path, title: str) -> Path:
    """The path of a new folder with the next free number: ``parent/00003-title``."""
    taken = [int(path.name[:5]) for path in parent.glob("[0-9][0-9][0-9][0-9][0-9]-*")] if parent.is_dir() else []
    return parent / f"{max(taken, default=-1) + 1:05d}-{title}"

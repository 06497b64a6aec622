"""The checkpoints of a run: folders that are written whole or not at all."""

import logging
from contextlib import suppress
from pathlib import Path

from gpreg.disk.atomic import clear_partials, partial_beside, remove, sync_folder
from gpreg.disk.refusal import found, storage
from gpreg.disk.regular import NotRegular, check_regular
from gpreg.errors import CheckpointError
from gpreg.runs.checkpoint import Checkpoint, Score, read, score_in, step_of, write

_log = logging.getLogger(__name__)

KEPT = 2
"""How many of the newest checkpoints are kept besides the best."""


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: folder with a subfolder for each checkpoint, ``step-000001000``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint, then remove all but the newest two and the best.

        A checkpoint of the same step is renamed first, and removed only after the new one has its place.

        Raises:
            StorageError: it could not be written; the older checkpoints are left as they were.
        """
        target = self.folder / f"step-{checkpoint.step:09d}"
        aside = self.folder / f".{target.name}.before"
        partial = partial_beside(target)
        try:
            with storage(target):
                partial.mkdir(parents=True)
                write(checkpoint, partial)
                if target.exists():
                    self._clear(aside)
                    target.replace(aside)
                partial.replace(target)
                sync_folder(self.folder)
                self._clear(aside)
        except BaseException:
            with suppress(OSError):  # the first error is the one to report
                remove(partial)
            raise
        with storage(self.folder):
            self._prune()
        return target

    def load(self) -> Checkpoint:
        """The newest undamaged checkpoint; the log names the newer ones, which are damaged.

        Raises:
            CheckpointError: there is none.
        """
        damaged = []
        for folder in self._newest_first():
            try:
                return self._read(folder)
            except CheckpointError as error:
                damaged.append(folder.name)
                _log.info("%s; trying the one before", error.message)
        reason = f"{', '.join(damaged)} damaged" if damaged else "there is none"
        raise CheckpointError(f"no checkpoint in {self.folder} can be read: {reason}", remedy="start the run anew")

    def best(self) -> Path | None:
        """The folder of the checkpoint with the best score, the newest of equals; ``None`` if none has a score."""
        best: tuple[Path, Score] | None = None
        for folder in reversed(self._newest_first()):
            score = score_in(folder)
            if score and (best is None or score.beats(best[1]) or not best[1].beats(score)):
                best = folder, score
        return best[0] if best else None

    def best_score(self) -> Score | None:
        """The best score among the checkpoints that are kept."""
        best = self.best()
        return score_in(best) if best else None

    def find(self, step: int | None) -> Checkpoint:
        """The checkpoint of one step; ``None``: the newest.

        Raises:
            CheckpointError: there is no checkpoint of this step, or it is damaged.
        """
        if step is None:
            return self.load()
        for folder in self._newest_first():
            if step_of(folder.name) == step:
                return self._read(folder)
        kept = ", ".join(map(str, self.steps())) or "none"
        raise CheckpointError(f"there is no checkpoint of step {step}; kept are {kept}")

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, the newest first."""
        return [step_of(folder.name) for folder in self._newest_first()]

    def forget_after(self, step: int) -> None:
        """Remove checkpoints newer than the step that a run continues from, even damaged ones, and partial folders."""
        with storage(self.folder):
            kept = self._newest_first()
            for folder in kept:
                if step_of(folder.name) > step:
                    self._clear(folder)
            for aside in self.folder.glob(".step-*.before"):
                if aside not in kept:
                    self._clear(aside)
            clear_partials(self.folder)

    def _read(self, folder: Path) -> Checkpoint:
        try:
            check_regular(folder)
        except NotRegular as error:
            raise CheckpointError(f"checkpoint {folder} is refused: {error.message}") from error
        return read(folder)

    def _newest_first(self) -> list[Path]:
        """The folder of each step, the newest first; a renamed one counts only if no new one has its place."""
        with found(self.folder):
            folders = list(self.folder.iterdir()) if self.folder.is_dir() else []
        named = {step_of(path.name): path for path in sorted(folders) if step_of(path.name) >= 0 and path.is_dir()}
        return [named[step] for step in sorted(named, reverse=True)]  # sorted: "." comes before "s", which wins

    def _prune(self) -> None:
        best = self.best()
        for folder in self._newest_first()[KEPT:]:
            if folder != best:
                self._clear(folder)

    def _clear(self, folder: Path) -> None:
        if folder.exists():
            doomed = partial_beside(folder)  # renamed first: a crash must not leave half a checkpoint under its name
            folder.replace(doomed)
            remove(doomed)

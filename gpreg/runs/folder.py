"""The run folder: everything that a run leaves behind, by name."""

import json
import shutil
from pathlib import Path
from typing import Any

from gpreg.errors import UsageError
from gpreg.runs.atomic import storage, write
from gpreg.runs.checkpoint import Checkpoints
from gpreg.runs.lines import Lines

RECIPE, CHECKPOINTS = "recipe.toml", "checkpoints"


class RunFolder:
    """One run's folder.

    Attributes:
        path: of the folder.
        stats: ``stats.jsonl``, one line a tick.
        metrics: ``metrics.jsonl``, one line a score.
        checkpoints: what the run can be continued from.
        samples: folder of the pictures.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stats = Lines(path / "stats.jsonl")
        self.metrics = Lines(path / "metrics.jsonl")
        self.checkpoints = Checkpoints(path / CHECKPOINTS)
        self.samples = path / "samples"

    @classmethod
    def create(cls, path: Path, recipe: str, *, overwrite: bool = False) -> "RunFolder":
        """Make a folder for a new run.

        Args:
            path: of the folder; its parents are made too.
            recipe: complete, as TOML.
            overwrite: remove the run that is there.

        Raises:
            UsageError: something is there.
            StorageError: the folder cannot be written.
        """
        check_free(path, overwrite=overwrite)
        with storage(path):
            if path.exists() and any(path.iterdir()):
                shutil.rmtree(path)
            for folder in (path, path / CHECKPOINTS, path / "samples"):
                folder.mkdir(parents=True, exist_ok=True)
        write(path / RECIPE, recipe)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The folder of a run that was started.

        Raises:
            UsageError: there is none.
        """
        if not (path / RECIPE).is_file():
            raise UsageError(
                f"{path} is not a run folder: it has no {RECIPE}",
                remedy="give the folder that `gpreg train` wrote, such as runs/00000-mid-mlp-8gaussians",
            )
        return cls(path)

    @property
    def recipe(self) -> str:
        """The complete recipe, as TOML."""
        return (self.path / RECIPE).read_text(encoding="utf-8")

    def document(self, name: str, content: dict[str, Any]) -> None:
        """Write one JSON document, such as ``environment.json``."""
        write(self.path / name, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def read_document(self, name: str) -> dict[str, Any]:
        """One JSON document of the folder; empty if it is missing or damaged."""
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def rewind(self, step: int) -> None:
        """Forget what came after the step that the run continues from."""
        self.checkpoints.forget_after(step)
        self.stats.rewind(step)
        self.metrics.rewind(step)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Find out whether a run may be started in a folder, before anything is computed.

    Raises:
        UsageError: something is there, or ``overwrite`` would remove what is no run.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    run = (path / RECIPE).is_file() and (path / CHECKPOINTS).is_dir()  # a recipe alone may be anybody's
    if run and overwrite:
        return
    if run:
        remedy = f"`gpreg resume {path}` continues it; --overwrite replaces it; --out DIR chooses another folder"
        raise UsageError(f"{path} holds a run already", remedy=remedy)
    raise UsageError(f"{path} exists and is no run folder; it is left alone", remedy="choose another folder with --out")


def next_free(parent: Path, title: str) -> Path:
    """A folder that is not there yet: ``parent/00003-title``."""
    taken = [int(path.name[:5]) for path in parent.glob("[0-9][0-9][0-9][0-9][0-9]-*")] if parent.is_dir() else []
    return parent / f"{max(taken, default=-1) + 1:05d}-{title}"

"""Checkpoints: folders that are whole or not there, with a manifest that tells damage."""

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from gpreg.errors import GpregError
from gpreg.runs.atomic import storage, sync_folder

MANIFEST = "manifest.json"
STATE = "state.pt"
KEPT = 2
"""How many of the newest checkpoints are kept, beside the best."""

_NAME = re.compile(r"step-(\d+)")


class CheckpointError(GpregError):
    """No checkpoint of a run can be read."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """By what the best checkpoint is chosen.

    Attributes:
        metric, value: e.g. ``"modes"``, ``"balanced_share"``.
        number: the score.
        better: ``"higher"`` or ``"lower"``.
    """

    metric: str
    value: str
    number: float
    better: str

    def beats(self, other: "Score | None") -> bool:
        """Whether it is the better of two scores of one kind; any score beats none, and one of another kind."""
        if other is None or (self.metric, self.value) != (other.metric, other.value):
            return True
        return self.number > other.number if self.better == "higher" else self.number < other.number


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The state of a run after a generator step.

    Attributes:
        step: generator steps done.
        weights: state dict of each network by name, one safetensors file each.
        state: everything else, as tensors, numbers, strings and containers of them.
        score: of the generator at this step, if it was taken.
    """

    step: int
    weights: Mapping[str, Mapping[str, Tensor]]
    state: Mapping[str, Any] = field(default_factory=dict)
    score: Score | None = None


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: holds one folder each, ``step-000001000``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint, then remove all but the newest two and the best.

        Raises:
            StorageError: it could not be written; the ones before are left as they were.
        """
        target = self.folder / f"step-{checkpoint.step:09d}"
        partial = self.folder / f".{target.name}.partial"
        try:
            with storage(target):
                self._clear(partial)
                partial.mkdir(parents=True)
                _write(checkpoint, partial)
                self._clear(target)  # the same step again, after a resume
                partial.replace(target)
                sync_folder(self.folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        with storage(self.folder):
            self._prune()
        return target

    def load(self, tell: Callable[[str], None]) -> Checkpoint:
        """The newest checkpoint that is whole.

        Args:
            tell: told of each newer one that is damaged.

        Raises:
            CheckpointError: there is none.
        """
        damaged = []
        for folder in self._newest_first():
            try:
                return read(folder)
            except CheckpointError as error:
                damaged.append(folder.name)
                tell(f"{error.message}; trying the one before")
        reason = f"{', '.join(damaged)} damaged" if damaged else "there is none"
        raise CheckpointError(f"no checkpoint in {self.folder} can be read: {reason}", remedy="start the run anew")

    def best(self) -> Path | None:
        """The one with the best score, the newest of equals; ``None`` if none was scored."""
        best: tuple[Path, Score] | None = None
        for folder in reversed(list(self._newest_first())):
            score = _score(folder)
            if score and (best is None or score.beats(best[1]) or not best[1].beats(score)):
                best = folder, score
        return best[0] if best else None

    def best_score(self) -> Score | None:
        """The best score among the checkpoints that are kept."""
        best = self.best()
        return _score(best) if best else None

    def find(self, step: int | None, tell: Callable[[str], None]) -> Checkpoint:
        """The checkpoint of one step; the newest without a step.

        Raises:
            CheckpointError: there is none of this step, or it is damaged.
        """
        if step is None:
            return self.load(tell)
        folder = self.folder / f"step-{step:09d}"
        if not folder.is_dir():
            kept = ", ".join(str(_step(found)) for found in self._newest_first()) or "none"
            raise CheckpointError(f"there is no checkpoint of step {step}; kept are {kept}")
        return read(folder)

    def forget_after(self, step: int) -> None:
        """Remove what is newer than the step that a run continues from, damaged ones and leftovers too."""
        for folder in self._newest_first():
            if _step(folder) > step:
                self._clear(folder)
        for partial in self.folder.glob(".*.partial"):
            self._clear(partial)

    def _newest_first(self) -> Iterator[Path]:
        found = [path for path in self.folder.glob("step-*") if path.is_dir() and _NAME.fullmatch(path.name)]
        yield from sorted(found, key=_step, reverse=True)

    def _prune(self) -> None:
        best = self.best()
        for folder in list(self._newest_first())[KEPT:]:
            if folder != best:
                self._clear(folder)

    def _clear(self, folder: Path) -> None:
        if folder.exists():
            doomed = folder.with_name(f".{folder.name.lstrip('.')}.removed.partial")  # a crash leaves no half folder
            shutil.rmtree(doomed, ignore_errors=True)
            folder.replace(doomed)
            shutil.rmtree(doomed)


def read(folder: Path) -> Checkpoint:
    """Read one checkpoint; nothing in it is executed.

    Raises:
        CheckpointError: it is not whole.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["step"] != _step(folder):
            raise CheckpointError(f"{folder / MANIFEST} is damaged: it is of step {manifest['step']}")
        for name in {STATE, *manifest["files"]}:
            expected = manifest["files"][name]
            if (folder / name).stat().st_size != expected["bytes"] or _digest(folder / name) != expected["sha256"]:
                raise CheckpointError(f"{folder / name} is damaged: it is not what its manifest says")
        weights = {
            name.removesuffix(".safetensors"): safetensors.torch.load_file(folder / name)
            for name in manifest["files"]
            if name.endswith(".safetensors")
        }
        state = _read_state(folder / STATE)
        score = Score(**manifest["score"]) if manifest["score"] else None
    except CheckpointError:
        raise
    except Exception as error:  # damage has no end of kinds
        raise CheckpointError(f"checkpoint {folder} is damaged: {type(error).__name__}: {error}") from error
    return Checkpoint(step=manifest["step"], weights=weights, state=state, score=score)


def _read_state(path: Path) -> Any:
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch's own message says how to execute it all the same
        raise CheckpointError(f"{path} is refused: it is no state of tensors, numbers and texts alone") from error


def _write(checkpoint: Checkpoint, folder: Path) -> None:
    files = {}
    for name, content in _contents(checkpoint):
        _put(folder / name, content)
        files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    score = vars(checkpoint.score) if checkpoint.score else None
    manifest = {"schema": 1, "step": checkpoint.step, "score": score, "files": files}
    _put(folder / MANIFEST, json.dumps(manifest, indent=2).encode())
    sync_folder(folder)


def _contents(checkpoint: Checkpoint) -> Iterator[tuple[str, bytes]]:
    """Each file's name and content: as bytes, because the libraries' own writers hide that a disk is full."""
    for name, tensors in checkpoint.weights.items():
        own = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
        yield f"{name}.safetensors", safetensors.torch.save(own)
    state = io.BytesIO()
    torch.save(checkpoint.state, state)
    yield STATE, state.getvalue()


def _put(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _score(folder: Path) -> Score | None:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["score"]
        return Score(**found) if found else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _step(folder: Path) -> int:
    found = _NAME.fullmatch(folder.name)
    return int(found.group(1)) if found else -1

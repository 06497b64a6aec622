"""A checkpoint, and how it is stored in a folder, with a manifest by which damage is detected."""

import hashlib
import io
import json
import math
import os
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from gpreg.disk.atomic import sync_folder
from gpreg.disk.regular import read_bytes
from gpreg.errors import CheckpointError, UsageError

MANIFEST = "manifest.json"
STATE = "state.pt"

MOST = 10**15
"""Bound of step numbers."""

_MANIFEST_BYTES = 2**20

_WEIGHTS = re.compile(r"[a-z_]{1,40}\.safetensors")


@dataclass(frozen=True, kw_only=True)
class Score:
    """The score by which the best checkpoint is chosen.

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
        """Whether this score is better than another; any score beats ``None``, or a score of another metric."""
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
        score: score of the generator at this step, if one was taken.
    """

    step: int
    weights: Mapping[str, Mapping[str, Tensor]]
    state: Mapping[str, Any] = field(default_factory=dict)
    score: Score | None = None


def read(folder: Path) -> Checkpoint:
    """Read one checkpoint; nothing in it is executed, and no file outside of it is opened.

    Raises:
        CheckpointError: it is damaged.
    """
    try:
        manifest = _manifest(folder)
        contents = {name: _content(folder / name, told) for name, told in manifest["files"].items()}
        weights = {
            name.removesuffix(".safetensors"): safetensors.torch.load(content)
            for name, content in contents.items()
            if name != STATE
        }
        state = _read_state(folder / STATE, contents[STATE])
    except CheckpointError:
        raise
    except UsageError as error:
        raise CheckpointError(f"checkpoint {folder} is refused: {error.message}", remedy=error.remedy) from error
    except Exception as error:  # a damaged file may raise anything
        raise CheckpointError(f"checkpoint {folder} is damaged: {type(error).__name__}: {_brief(error)}") from error
    return Checkpoint(step=manifest["step"], weights=weights, state=state, score=_score_of(manifest))


def write(checkpoint: Checkpoint, folder: Path) -> None:
    """Write one checkpoint's files, and flush them to the disk.

    Args:
        checkpoint: the state to write.
        folder: an empty folder.

    Raises:
        OSError: a file could not be written.
    """
    files = {}
    for name, content in _contents(checkpoint):
        _put(folder / name, content)
        files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    score = vars(checkpoint.score) if checkpoint.score else None
    manifest = {"schema": 1, "step": checkpoint.step, "score": score, "files": files}
    _put(folder / MANIFEST, json.dumps(manifest, indent=2).encode())
    sync_folder(folder)


def score_in(folder: Path) -> Score | None:
    """The score of a checkpoint; ``None`` if it has none, or is damaged."""
    try:
        return _score_of(_manifest(folder))
    except (CheckpointError, UsageError, OSError):
        return None


def step_of(name: str) -> int:
    """The step in a checkpoint folder's name; -1 if the name is no checkpoint's."""
    found = re.fullmatch(r"step-(\d{1,15})|\.step-(\d{1,15})\.before", name)
    return int(found[1] or found[2]) if found else -1


def _manifest(folder: Path) -> dict[str, Any]:
    """Read a checkpoint's manifest, and check every part of it.

    Raises:
        CheckpointError, UsageError, OSError: it is damaged or cannot be read.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(read_bytes(path, _MANIFEST_BYTES))
        step, files, score = manifest["step"], manifest["files"], manifest["score"]
        told = [(told["bytes"], told["sha256"]) for told in files.values()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: {type(error).__name__}: {_brief(error)}") from error
    wrong = next((name for name in files if name != STATE and not _WEIGHTS.fullmatch(name)), None)
    if type(step) is not int or step != step_of(folder.name):
        raise CheckpointError(f"{path} is damaged: it is of another step")
    if STATE not in files or wrong is not None:
        what = f"names {wrong[:60]!r}, which is no file of a checkpoint" if wrong else f"does not name {STATE}"
        raise CheckpointError(f"{path} is damaged: it {what}")
    if not all(type(size) is int and isinstance(digest, str) for size, digest in told):
        raise CheckpointError(f"{path} is damaged: a size is no number, or a digest no text")
    if score is not None:
        _score_of(manifest)
    return dict(manifest)


def _score_of(manifest: Mapping[str, Any]) -> Score | None:
    found = manifest["score"]
    if found is None:
        return None
    kinds: dict[str, Any] = {"metric": str, "value": str, "number": float | int, "better": str}
    right = isinstance(found, dict) and found.keys() == kinds.keys()
    right = right and all(isinstance(found[name], kind) for name, kind in kinds.items())
    if not right or found["better"] not in ("higher", "lower") or math.isnan(found["number"]):
        raise CheckpointError("a manifest is damaged: its score is none")
    return Score(**found)


def _content(path: Path, told: Mapping[str, Any]) -> bytes:
    """The bytes of a file, after comparing them with the manifest.

    Raises:
        CheckpointError: size or digest differ from the manifest.
    """
    if path.lstat().st_size == told["bytes"]:
        content = read_bytes(path)
        if hashlib.sha256(content).hexdigest() == told["sha256"]:
            return content
    raise CheckpointError(f"{path} is damaged: it is not what its manifest says")


def _read_state(path: Path, content: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise ValueError("compressed, as torch.save never writes it: it may take any amount of memory")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of unusual tensors, which are refused later
            state = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
        if not isinstance(state, dict):
            raise TypeError("no table")
    except Exception as error:  # torch's message would explain how to execute the file nevertheless
        raise CheckpointError(f"{path} is refused: it is no state of tensors, numbers and texts alone") from error
    return state


def _contents(checkpoint: Checkpoint) -> Iterator[tuple[str, bytes]]:
    """Each file's name and content, as bytes, because the libraries' writers hide that a disk is full."""
    for name, tensors in checkpoint.weights.items():
        held = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
        yield f"{name}.safetensors", safetensors.torch.save(held)
    state = io.BytesIO()
    torch.save(checkpoint.state, state)
    yield STATE, state.getvalue()


def _put(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _brief(error: Exception) -> str:
    """The first line of an error's message; a library may quote a whole file below it."""
    return (str(error).splitlines() or [""])[0][:200]

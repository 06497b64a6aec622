"""A cache on disk for what is computed from data."""

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

_logger = logging.getLogger("gpreg")


@dataclass(frozen=True, kw_only=True)
class Record:
    """Tensors by name, and facts about them as JSON data."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any] = field(default_factory=dict)


class Cache:
    """A folder of records, one safetensors file each, the facts as JSON in its header.

    A file is written whole or not at all, and reading it executes nothing. A damaged file is made again, with a
    warning. If the folder cannot be written to, there is a warning, and nothing is kept.

    Args:
        folder: the folder; ``None``: ``$GPREG_CACHE``, else the user's cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        chosen = folder or Path(os.environ.get("GPREG_CACHE") or platformdirs.user_cache_path("gpreg"))
        self.folder = chosen.expanduser() / "metrics"

    def get(self, kind: str, key: Mapping[str, Any], make: Callable[[], Record]) -> Record:
        """The record of a kind and key, which is made if it does not exist.

        Args:
            kind: beginning of the file's name.
            key: everything that the record depends on, as JSON data.
            make: makes the record.
        """
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        path = self.folder / f"{kind}-{digest[:32]}.safetensors"
        record = _read(path)
        if record is None:
            record = make()
            _write(path, record)
        return record


def _read(path: Path) -> Record | None:
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- the file is no mapping
            return Record(tensors=tensors, facts=json.loads(file.metadata()["facts"]))
    except (SafetensorError, OSError, TypeError, KeyError, ValueError) as error:
        _logger.warning("%s is damaged and is made anew: %s", path, error)
        return None


def _write(path: Path, record: Record) -> None:
    tensors = {name: tensor.contiguous() for name, tensor in record.tensors.items()}
    content = save(tensors, metadata={"facts": json.dumps(dict(record.facts))})
    unfinished = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        _logger.warning(
            "%s cannot be kept and will be made again: %s; -S cache=DIR or $GPREG_CACHE names another folder",
            path,
            error,
        )

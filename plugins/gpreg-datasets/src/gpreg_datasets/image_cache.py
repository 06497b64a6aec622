"""A cache of decoded images on disk, so that later runs need not decode them again."""

import hashlib
import json
import logging
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any

import numpy as np
import platformdirs
from numpy.typing import NDArray
from torch import Tensor

from gpreg_datasets.survey import Survey

MOST_BYTES = 16 * 2**30
"""Most bytes of all entries together. To make room for a new one, the least recently used entries are removed."""

PIXELS, FACTS = "pixels.raw", "facts"
"""The files of an entry: uint8 ``(N, C, H, W)`` without a header, and the facts about it as JSON."""

_UNFINISHED, _DAY = ".unfinished-", 24 * 3600.0
_CHUNK = 64 * 2**20

_logger = logging.getLogger("gpreg")

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A cache entry for the images of a folder.

    Attributes:
        survey: the result of decoding each file once.
        pixels: ``(N, C, H, W)``, the readable images, mapped from the file; ``None``: only the survey is kept.
    """

    survey: Survey
    pixels: Pixels | None


class ImageCache:
    """Cache entries, a folder each, in ``$GPREG_CACHE/images`` or the user's cache folder.

    An entry is written whole or not at all, by renaming its folder. Its length and checksum are verified when it is
    opened, and a damaged one is made again. Several processes may make the same entry at a time. A mapped file stays
    readable while it is in use, even if it is removed.
    """

    def __init__(self) -> None:
        root = Path(os.environ.get("GPREG_CACHE") or platformdirs.user_cache_path("gpreg"))
        self.folder = root.expanduser() / "images"

    def has_room(self, size: int) -> bool:
        """Whether so many bytes may be kept: at most :data:`MOST_BYTES`, and half of the free space."""
        if size > MOST_BYTES:
            return False
        existing = next((path for path in (self.folder, *self.folder.parents) if path.is_dir()), None)
        try:
            return existing is not None and 2 * size <= shutil.disk_usage(existing).free
        except OSError:
            return False

    def find(self, key: str, shape: tuple[int, ...], files: int) -> Entry | None:
        """The entry with a key; ``None`` if there is none, or it is damaged.

        Args:
            key: key of the entry.
            shape: shape of one image.
            files: number of files in the survey.
        """
        path = self.folder / key
        if not path.is_dir():
            return None
        try:
            facts = _unsealed((path / FACTS).read_bytes())
            found = Survey.from_table(facts["survey"])
            pixels = None
            if (checksum := facts["checksum"]) is not None:
                pixels = _map(path / PIXELS, (files - len(found.unreadable), *shape))
                if _checksum(pixels) != checksum:
                    raise ValueError("its checksum is wrong")
            os.utime(path / FACTS)  # marks the entry as used just now
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            _logger.warning("decoded images in %s are damaged and are made anew: %s", path, error)
            return None
        return Entry(survey=found, pixels=pixels)

    @contextmanager
    def making(self, key: str, room: int) -> Iterator["Making"]:
        """Write an entry, which takes its place when :meth:`Making.finish` is called.

        Raises:
            OSError: it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_room(room)
        unfinished = Path(mkdtemp(dir=self.folder, prefix=_UNFINISHED))
        try:
            with (unfinished / PIXELS).open("wb") as file:
                yield Making(unfinished, self.folder / key, file)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _make_room(self, size: int) -> None:
        entries: list[tuple[float, int, Path]] = []
        for path in self.folder.iterdir():
            try:
                used = (path / FACTS).stat().st_mtime
                entries.append((used, sum(file.stat().st_size for file in path.iterdir()), path))
            except OSError:  # the entry is unfinished, or another process has removed it
                if path.name.startswith(_UNFINISHED) and _age(path) > _DAY:
                    shutil.rmtree(path, ignore_errors=True)
        total = sum(taken for _, taken, _ in entries)
        for _, taken, path in sorted(entries):
            if total + size <= MOST_BYTES:
                return
            shutil.rmtree(path, ignore_errors=True)
            total -= taken


class Making:
    """An entry that is being written."""

    def __init__(self, folder: Path, target: Path, file: IO[bytes]) -> None:
        self._folder, self._target, self._file = folder, target, file
        self._checksum = 0

    def add(self, images: Tensor) -> None:
        """Append images, ``(B, C, H, W)`` of uint8."""
        content = images.contiguous().numpy().data
        self._checksum = zlib.crc32(content, self._checksum)
        self._file.write(content)

    def finish(self, found: Survey, shape: tuple[int, ...], *, pixels: bool) -> Entry:
        """Finish the entry, and put it in its place.

        Args:
            found: the result of decoding each file once.
            shape: shape ``(N, C, H, W)`` of all images together.
            pixels: whether the entry keeps images, and not only the survey.

        Raises:
            OSError: it cannot be written.
        """
        self._file.close()
        mapped = _map(self._folder / PIXELS, shape) if pixels else None
        facts = {"survey": found.to_table(), "checksum": self._checksum if pixels else None}
        (self._folder / FACTS).write_bytes(_sealed(facts))
        try:
            self._folder.rename(self._target)
        except OSError:  # a damaged entry is in the way, or another process was faster
            shutil.rmtree(self._target, ignore_errors=True)
            self._folder.rename(self._target)
        return Entry(survey=found, pixels=mapped)


def key_of(facts: Mapping[str, Any]) -> str:
    """The key of an entry: a hash of all that it depends on, which is given as JSON data."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _sealed(facts: Mapping[str, Any]) -> bytes:
    """Facts as JSON, below a line with its hash."""
    content = json.dumps(facts).encode()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def _unsealed(content: bytes) -> Any:
    digest, _, facts = content.partition(b"\n")
    if hashlib.sha256(facts).hexdigest().encode() != digest:
        raise ValueError(f"the hash of {FACTS} is wrong")
    return json.loads(facts)


def _map(path: Path, shape: tuple[int, ...]) -> Pixels:
    if path.stat().st_size != (size := int(np.prod(shape, dtype=np.int64))):
        raise ValueError(f"{PIXELS} has {path.stat().st_size:,} bytes, not {size:,}")
    return np.memmap(path, np.uint8, "r", shape=shape) if size else np.empty(shape, np.uint8)


def _checksum(pixels: Pixels) -> int:
    flat, checksum = pixels.reshape(-1), 0
    for start in range(0, len(flat), _CHUNK):
        checksum = zlib.crc32(flat[start : start + _CHUNK].data, checksum)
    return checksum


def _age(path: Path) -> float:
    """Seconds since something was last written in a folder; 0 if it is gone."""
    try:
        return time.time() - max(file.stat().st_mtime for file in (path, *path.iterdir()))
    except OSError:
        return 0.0

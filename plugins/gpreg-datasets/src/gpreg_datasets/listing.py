"""List the images of a folder by their names, without opening them."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gpreg.errors import DataError
from gpreg_datasets.printable import printable

EXTENSIONS = frozenset(
    ".apng .avif .bmp .gif .jfif .jp2 .jpe .jpeg .jpg .pbm .pgm .png .pnm .ppm .tga .tif .tiff .webp".split()  # noqa: SIM905 -- else eighteen lines
)
"""File name endings of images, in lower case."""

PASSED_OVER = frozenset({"__MACOSX", "@eaDir"})
"""Folders of thumbnails and resource forks that archives and file servers add. Hidden names are passed over too."""


class ImageFile(NamedTuple):
    """A file that may be an image: path below the folder, with ``/``, size in bytes, time of modification in ns."""

    name: str
    size: int
    mtime: int

    @property
    def top(self) -> str:
        """The first-level subfolder of the file; empty if it lies in the folder itself."""
        first, slash, _ = self.name.partition("/")
        return first if slash else ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What was found in a folder and below.

    Attributes:
        folder: the folder.
        files: the images, sorted by first-level subfolder, then by folder, then by name.
        broken: names of images that are no files, and folders that cannot be listed; with the reason.
        others: number of files with other endings.
        tops: first-level subfolders, with or without images.
    """

    folder: Path
    files: tuple[ImageFile, ...]
    broken: dict[str, str]
    others: Counter[str]
    tops: tuple[str, ...]


def list_images(folder: Path, option: str) -> Listing:
    """Every image in a folder and below it.

    Links are followed; a folder with several paths is listed once, so that circular links do no harm. Devices, pipes
    and sockets are never opened.

    Args:
        folder: the folder to list.
        option: the option that named the folder, for errors.

    Raises:
        DataError: there is no such folder, or it has no images.
    """
    problem = _no_folder(folder)
    if problem:
        raise DataError(
            f"image-folder is not there: looked for the folder {printable(folder)}, {problem}",
            remedy=f"give {option}=DIR, a folder of images (-D {option}=DIR)",
        )
    files: list[ImageFile] = []
    broken: dict[str, str] = {}
    others: Counter[str] = Counter()
    tops: list[str] = []
    for name, entry in _walk(folder, broken):
        ending = os.path.splitext(name)[1].lower()
        if entry is None:
            tops.extend([name] if "/" not in name else [])
        elif ending not in EXTENSIONS:
            others[ending] += 1
        else:
            try:
                found = entry.stat()
            except OSError as error:
                broken[name] = error.strerror or str(error)
                continue
            if stat.S_ISREG(found.st_mode):
                files.append(ImageFile(name, found.st_size, found.st_mtime_ns))
            else:
                broken[name] = f"it is no file but {_kind(found.st_mode)}"
    if not files and not broken:
        raise DataError(
            f"{printable(folder)} has no images{_what_else(others)}",
            remedy=f"put images there ({' '.join(sorted(EXTENSIONS))}), or give another {option}=DIR",
        )
    files.sort(key=lambda file: (file.top, file.name.rpartition("/")[0], file.name.rpartition("/")[2]))
    return Listing(folder=folder, files=tuple(files), broken=broken, others=others, tops=tuple(sorted(tops)))


def _walk(folder: Path, broken: dict[str, str]) -> Iterator[tuple[str, "os.DirEntry[str] | None"]]:
    """Names below ``folder`` with their entries, ``None`` for folders; each real folder once, links after folders."""
    seen: set[tuple[int, int]] = set()
    real, linked = [("", os.fspath(folder))], list[tuple[str, str]]()
    while real or linked:
        prefix, path = real.pop() if real else linked.pop()
        try:
            found = os.stat(path)
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
            with os.scandir(path) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            broken[prefix.rstrip("/") or "."] = f"the folder cannot be listed: {error.strerror or error}"
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in PASSED_OVER:
                continue
            name = prefix + entry.name
            if _is_folder(entry):
                (linked if entry.is_symlink() else real).append((f"{name}/", entry.path))
                yield name, None
            else:
                yield name, entry


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, for example
        return False


def _no_folder(folder: Path) -> str | None:
    """Why a path is no folder; ``None`` if it is one."""
    try:
        found = os.stat(folder)
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        return "which does not exist" if missing else f"but: {getattr(error, 'strerror', None) or error}"
    return None if stat.S_ISDIR(found.st_mode) else f"which is {_kind(found.st_mode)}"


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFREG: "a file",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


def _what_else(others: "Counter[str]") -> str:
    if not others:
        return ": it is empty"
    told = [f"{printable(ending) or 'without an ending'} ({count})" for ending, count in others.most_common(5)]
    return f", only {', '.join(told)}{' and others' if len(others) > 5 else ''}"

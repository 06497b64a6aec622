"""Which versions of gpreg a plugin's distribution asks for, and whether the running one is among them.

Versions of numbers alone, such as ``0.2`` against ``>=0.1,<1``, are compared here: importing :mod:`packaging` takes
longer than reading the metadata of a hundred plugins. It decides what is left: markers, and whatever a version has
beside its numbers (``1.0rc1``, ``1.0.post1``, ``1.0+cpu``).
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

NAME = "gpreg"

LARGEST = 2**20
"""Most bytes that are read of a distribution's metadata."""

_CHUNK = 2**14
"""Bytes that are read at once; what comes before the readme is shorter."""

_NUMBERS = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?", re.ASCII)
_LINE = re.compile(
    rf"^Requires-Dist:[ \t]*{NAME}(?![\w.-])[ \t]*(?:\[[^]\n]*\])?[ \t]*([^;\n]*)(;.*)?$",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)

Release = tuple[int, ...]


class Requirement(NamedTuple):
    """What one line of metadata asks for: ``Requires-Dist: gpreg>=0.2,<0.3; python_version >= "3.12"``.

    Attributes:
        bounds: the specifier of versions, without the parentheses of old metadata: ``>=0.2,<0.3``.
        marker: where it applies, with its semicolon.
    """

    bounds: str
    marker: str

    def admits(self, version: str) -> bool:
        """Whether a version of gpreg will do, as PEP 440 and PEP 508 have it.

        A version before a release, such as ``0.2rc1``, is admitted wherever its number is. A requirement whose marker
        is false here, or that belongs to an extra, asks for nothing.

        Raises:
            ValueError: the line is no requirement.
        """
        if not self.bounds or self.bounds.startswith("@"):
            return True
        found = _compared(self.bounds, version)
        if found or (found is False and not self.marker):
            return found
        from packaging.requirements import InvalidRequirement
        from packaging.requirements import Requirement as Parsed

        try:
            parsed = Parsed(f"{NAME} {self.bounds} {self.marker}")
        except InvalidRequirement as error:
            raise ValueError(f"'{NAME} {self.bounds}{self.marker}' is no requirement") from error
        if found is None and parsed.specifier.contains(version, prereleases=True):
            return True
        return parsed.marker is not None and not parsed.marker.evaluate({"extra": ""})


def requirements(metadata: str) -> Iterator[Requirement]:
    """What a distribution asks of gpreg; nothing if its metadata cannot be read.

    Args:
        metadata: path of ``METADATA``, or of the ``PKG-INFO`` of old installations.
    """
    for found in _LINE.finditer(_headers(metadata)):
        bounds, marker = found.group(1).strip(), found.group(2) or ""
        if bounds.startswith("(") and bounds.endswith(")"):
            bounds = bounds[1:-1].strip()
        yield Requirement(bounds, marker)


def unmet(metadata: str, version: str) -> Requirement | None:
    """The first requirement that does not admit a version of gpreg.

    Raises:
        ValueError: what is required of gpreg cannot be read.
    """
    return next((one for one in requirements(metadata) if not one.admits(version)), None)


def _headers(path: str) -> str:
    """The text before the first empty line, behind which the readme begins."""
    try:
        # A named pipe would wait for a writer, and a huge file would fill the memory.
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return ""
    read = b""
    try:
        while len(read) < LARGEST and (more := os.read(file, _CHUNK)):
            read += more.replace(b"\r\n", b"\n")
            end = read.find(b"\n\n")
            if end >= 0:
                read = read[:end]
                break
    except OSError:  # a folder, or a pipe in which there is nothing
        return ""
    finally:
        os.close(file)
    return read.decode("utf-8", errors="replace")


def _compared(bounds: str, version: str) -> bool | None:
    """Whether a version is within all bounds; None if that takes more than numbers to tell."""
    if not _NUMBERS.fullmatch(version):
        return None
    running = _release(version)
    clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in bounds.split(",")]
    verdicts = [_holds(running, *clause.groups()) if clause else None for clause in clauses]
    return None if None in verdicts else all(verdicts)


def _holds(running: Release, operator: str, text: str, wildcard: str | None) -> bool | None:
    """Whether one clause holds: ``>=``, ``0.2``, and ``.*`` or nothing."""
    bound = _release(text)
    begins = bound[: None if wildcard else -1]
    prefix = _padded(running, len(begins))[: len(begins)] == begins
    length = max(len(running), len(bound))
    mine, other = _padded(running, length), _padded(bound, length)
    if wildcard:
        return {"==": prefix, "!=": not prefix}.get(operator)
    if operator == "~=":
        return mine >= other and prefix if begins else None
    return _ORDERS[operator](mine, other)


_ORDERS: dict[str, Callable[[Release, Release], bool]] = {
    "==": lambda mine, other: mine == other,
    "!=": lambda mine, other: mine != other,
    "<=": lambda mine, other: mine <= other,
    ">=": lambda mine, other: mine >= other,
    "<": lambda mine, other: mine < other,
    ">": lambda mine, other: mine > other,
}


def _release(text: str) -> Release:
    return tuple(map(int, text.split(".")))


def _padded(release: Release, length: int) -> Release:
    return release + (0,) * (length - len(release))

"""The installed entry points of the group, read from the folders on ``sys.path``.

:mod:`importlib.metadata` would do the same, but importing it takes longer than all else that happens before a list is
printed, and one malformed ``entry_points.txt``, whosever it is, makes it raise for all. Packages inside zip files are
not looked at: torch does not run from one. Nor is the current folder, which Python puts in front of ``sys.path`` for
``python -m`` and ``python -c``: what lies there was downloaded, not installed.
"""

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

LARGEST = 2**20
"""Bytes of an ``entry_points.txt`` that are read."""


class EntryPoint(NamedTuple):
    """One line of a distribution's ``entry_points.txt``, e.g. ``measures = gpreg_measures.plugin``."""

    name: str
    value: str
    package: str
    version: str

    def load(self) -> Any:
        """Import what it names, a module or ``module:attribute``.

        Raises:
            ValueError: it names nothing. Besides, whatever importing it raises.
        """
        module, _, attributes = self.value.partition(":")
        if not module:
            raise ValueError(f"entry point {self.name!r} is not of the form name = module")
        loaded = import_module(module)
        for attribute in filter(None, attributes.split(".")):
            loaded = getattr(loaded, attribute)
        return loaded


def installed(group: str) -> Iterator[EntryPoint]:
    """Every entry point of a group. A distribution hides those of its name that are further back on ``sys.path``.

    Name and version are those of the distribution's folder, ``gpreg_measures-0.1.0.dist-info``, the name in its
    normal form, ``gpreg-measures``.
    """
    seen: set[str] = set()
    for folder in _folders():
        try:
            entries = sorted(os.listdir(folder))
        except OSError:
            continue  # not a folder, or not there
        for entry in entries:
            stem, extension = os.path.splitext(entry)
            if extension in (".dist-info", ".egg-info"):
                name, version, *_ = [*stem.split("-"), "unknown"]
                package = re.sub(r"[-_.]+", "-", name).lower()
                if package not in seen:
                    seen.add(package)
                    yield from _declared(os.path.join(folder, entry, "entry_points.txt"), group, package, version)


def _folders() -> Iterator[str]:
    """What is on ``sys.path``, without the current folder unless somebody put it there on purpose.

    On purpose is by its name in ``PYTHONPATH``, or behind the first place, as an editable install does. An empty
    item in ``PYTHONPATH``, which means the current folder too, is mostly an accident of ``PYTHONPATH=$PYTHONPATH:...``.
    """
    try:
        here = os.getcwd()
    except OSError:  # it was removed
        here = ""
    given = os.environ.get("PYTHONPATH", "")
    named = given.split(os.pathsep) if given else []
    meant = here in map(os.path.abspath, filter(None, named)) or ("" not in named and here in sys.path[1:])
    for folder in dict.fromkeys(sys.path):
        if folder and (folder != here or meant):
            yield folder


def _declared(path: str, group: str, package: str, version: str) -> Iterator[EntryPoint]:
    try:
        # A pipe of that name must not make everybody wait for a writer, nor a huge file fill the memory.
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            text = os.read(file, LARGEST).decode("utf-8", errors="replace")
        finally:
            os.close(file)
    except OSError:
        return  # it declares none
    section = ""
    for line in map(str.strip, text.splitlines() if f"[{group}]" in text else ()):
        if line.startswith("["):
            section = line.strip("[] ")
        elif line and line[0] not in "#;" and section == group:
            name, _, value = line.partition("=")
            value = value.partition("[")[0].replace(" ", "")  # extras, in brackets, are long out of use
            yield EntryPoint(name.strip(), value, package, version)

"""The installed entry points of a group, read from the folders on ``sys.path``.

:mod:`importlib.metadata` would do the same, but importing it takes longer than all else that happens before a list is
printed, and it raises as soon as any package has a malformed ``entry_points.txt``. Packages inside zip files are not
looked at: torch does not run from one. Nor is the current folder, which Python puts in front of ``sys.path`` for
``python -m`` and ``python -c``: what lies there was perhaps downloaded, but not installed.
"""

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

LARGEST = 2**20
"""Most bytes that are read of an ``entry_points.txt``."""


class EntryPoint(NamedTuple):
    """One line of a distribution's ``entry_points.txt``, e.g. ``measures = gpreg_measures.plugin``.

    ``metadata`` is the path of what else the distribution says of itself, such as what it requires.
    """

    name: str
    value: str
    package: str
    version: str
    metadata: str = ""

    def load(self) -> Any:
        """Import the module or ``module:attribute`` that the entry point names.

        Raises:
            ValueError: the entry point names nothing. Besides, whatever the import raises.
        """
        module, _, attributes = self.value.partition(":")
        if not module:
            raise ValueError(f"entry point {self.name!r} is not of the form name = module")
        loaded = import_module(module)
        for attribute in filter(None, attributes.split(".")):
            loaded = getattr(loaded, attribute)
        return loaded


def installed(group: str) -> Iterator[EntryPoint]:
    """Every entry point of a group. Of two distributions with one name, the first on ``sys.path`` counts.

    Name and version come from the distribution's folder, such as ``gpreg_measures-0.1.0.dist-info``; the name is
    normalised, here to ``gpreg-measures``.
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
                    where = os.path.join(folder, entry)
                    metadata = os.path.join(where, "METADATA" if extension == ".dist-info" else "PKG-INFO")
                    for line, value in _declared(os.path.join(where, "entry_points.txt"), group):
                        yield EntryPoint(line, value, package, version, metadata)


def _folders() -> Iterator[str]:
    """The folders on ``sys.path``, without the current one unless it was put there on purpose.

    It was put there on purpose if ``PYTHONPATH`` names it, or if it is not the first folder, as with an editable
    install. An empty item in ``PYTHONPATH`` means the current folder too, but is mostly an accident of
    ``PYTHONPATH=$PYTHONPATH:...``, and does not count.
    """
    try:
        here = os.getcwd()
    except OSError:  # the current folder was removed
        here = ""
    given = os.environ.get("PYTHONPATH", "")
    named = given.split(os.pathsep) if given else []
    meant = here in map(os.path.abspath, filter(None, named)) or ("" not in named and here in sys.path[1:])
    for folder in dict.fromkeys(sys.path):
        if folder and (folder != here or meant):
            yield folder


def _declared(path: str, group: str) -> Iterator[tuple[str, str]]:
    try:
        # A named pipe would wait for a writer, and a huge file would fill the memory.
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            text = os.read(file, LARGEST).decode("utf-8", errors="replace")
        finally:
            os.close(file)
    except OSError:
        return  # the distribution declares no entry points
    section = ""
    for line in map(str.strip, text.splitlines() if f"[{group}]" in text else ()):
        if line.startswith("["):
            section = line.strip("[] ")
        elif line and line[0] not in "#;" and section == group:
            name, _, value = line.partition("=")
            value = value.partition("[")[0].replace(" ", "")  # extras, in brackets, are long out of use
            yield name.strip(), value

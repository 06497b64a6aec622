"""The installed entry points of the group, read from the folders on ``sys.path``.

:mod:`importlib.metadata` would do the same, but importing it takes longer than all else that happens before a list is
printed, and one malformed ``entry_points.txt``, whosever it is, makes it raise for all. Packages inside zip files are
not looked at: torch does not run from one.
"""

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple


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
    """Every entry point of a group. A distribution hides those of its name that are further back on ``sys.path``."""
    seen: set[str] = set()
    for folder in dict.fromkeys(sys.path):
        try:
            entries = sorted(os.listdir(folder or "."))
        except OSError:
            continue  # not a folder, or not there
        for entry in entries:
            stem, extension = os.path.splitext(entry)
            project = re.sub(r"[-_.]+", "-", stem.partition("-")[0]).lower()
            if extension in (".dist-info", ".egg-info") and project not in seen:
                seen.add(project)
                yield from _declared(os.path.join(folder, entry), project, group)


def _declared(info: str, project: str, group: str) -> Iterator[EntryPoint]:
    text = _read(info, "entry_points.txt")
    if f"[{group}]" not in text:
        return
    head = (_read(info, "METADATA") or _read(info, "PKG-INFO")).partition("\n\n")[0]
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[] ")
        elif line and line[0] not in "#;" and section == group:
            name, _, value = line.partition("=")
            value = value.partition("[")[0].replace(" ", "")  # extras, in brackets, are long out of use
            yield EntryPoint(name.strip(), value, fields.get("Name", project), fields.get("Version", "unknown"))


def _read(info: str, name: str) -> str:
    try:
        with open(os.path.join(info, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

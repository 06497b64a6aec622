"""Write ``LICENSES.md``: the licence of gpreg, and of everything that its packages declare that they depend on.

    python docs/write_licences.py [--check]

Licences are those that the installed packages state. With ``--check`` nothing is written, and the exit code says
whether anything would be.
"""

import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import metadata
from itertools import chain
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILE = ROOT / "LICENSES.md"

HEAD = """# Licences

gpreg and its plugins are under the [MIT licence](LICENSE), and contain no code of anybody else's. They install what is
listed here, by its own licence, and what that in turn requires. `python docs/write_licences.py` writes this page.

| package | licence, as it states it | required by |
| --- | --- | --- |
"""

OSI = "License :: OSI Approved :: "


def declared() -> dict[str, set[str]]:
    """What gpreg's packages depend on, each with the packages that declare it; ``name[extra]`` is optional."""
    found: dict[str, set[str]] = defaultdict(set)
    own = set()
    for path in [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]:
        project = tomllib.loads(path.read_text("utf-8"))["project"]
        own.add(project["name"])
        for line in project["dependencies"]:
            found[canonicalize_name(Requirement(line).name)].add(project["name"])
        for extra, lines in project.get("optional-dependencies", {}).items():
            for line in lines:
                found[canonicalize_name(Requirement(line).name)].add(f"{project['name']}[{extra}]")
    return {name: by for name, by in sorted(found.items()) if name not in own}


def licence(name: str) -> str:
    """What a package states: an expression of SPDX, or else a name or its classifiers."""
    stated = cast(Message, metadata(name))  # typeshed knows less of it
    named = str(stated.get("License", "")).strip()
    classifiers = [each.removeprefix(OSI) for each in stated.get_all("Classifier", []) if each.startswith(OSI)]
    expression = str(stated.get("License-Expression", ""))
    told = expression or (named if "\n" not in named else "") or " or ".join(classifiers)  # some have the whole text
    if not told:
        sys.exit(f"{name} states no licence in its metadata: look it up")
    return told


def lines() -> Iterator[str]:
    """The rows of the table."""
    for name, by in declared().items():
        yield f"| {name} | {licence(name)} | {', '.join(sorted(by))} |\n"


if __name__ == "__main__":
    text = "".join(chain([HEAD], lines()))
    if "--check" in sys.argv:
        if not FILE.is_file() or FILE.read_text("utf-8") != text:
            sys.exit("LICENSES.md is not as `python docs/write_licences.py` writes it")
    else:
        FILE.write_text(text, "utf-8")

"""The files of a package, made of templates: a tree of ``*.jinja`` files that mirrors what is written."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from gpreg.registry.kinds import KINDS
from gpreg_new_plugin.contents import CONTENTS, trial
from gpreg_new_plugin.package import NONE, Package

COMMON = (
    "pyproject.toml",
    "README.md",
    ".gitignore",
    ".github/workflows/tests.yml",
    "src/package/__init__.py",
    "src/package/py.typed",
    "src/package/plugin.py",
    "tests/test_plugin.py",
)
"""The files that each package has; its folder in ``src`` is called by its module."""

_SUFFIX = ".jinja"
_IMPORT = re.compile(r"^(?:from \S+ )?import (.+)$", re.MULTILINE)


def rendered(package: Package) -> dict[PurePosixPath, str]:
    """The files of a package by their paths in its folder, in the order in which a reader wants to see them."""
    common = {
        "package": package,
        "contents": CONTENTS,
        "configured": [thing for thing in package.things if CONTENTS[thing.kind].options],
        "kinds": [kind for kind in KINDS.values() if any(thing.kind == kind.name for thing in package.things)],
        "trial": trial,
    }
    found = {_placed(name, package): _text(name, common) for name in COMMON}
    if package.license != NONE:
        found[PurePosixPath("LICENSE")] = _text(f"licenses/{package.license}", common)
    for thing in package.things:
        for suffix in CONTENTS[thing.kind].files:
            path = PurePosixPath("src", package.module, f"{thing.module}{suffix}")
            found[path] = _text(f"src/package/{thing.kind}{suffix}", {**common, "thing": thing})
        path = PurePosixPath("tests", f"test_{thing.module}.py")
        found[path] = _text(f"tests/test_{thing.kind}.py", {**common, "thing": thing})
    return found


@cache
def imported() -> tuple[str, ...]:
    """The names that modules of things and their tests import."""
    found = dict.fromkeys(
        name.rpartition(" ")[2]
        for kind in KINDS
        for folder, prefix in (("src/package", ""), ("tests", "test_"))
        for line in _IMPORT.findall(_source(f"{folder}/{prefix}{kind}.py"))
        for name in re.split(r",\s*", line)
        if "{" not in name
    )
    return tuple(found)


def templates() -> Iterator[str]:
    """The names of all templates, without their suffix."""
    return (name.removesuffix(_SUFFIX) for name in _environment().list_templates())


def _placed(name: str, package: Package) -> PurePosixPath:
    return PurePosixPath(name.replace("src/package", f"src/{package.module}", 1))


def _text(name: str, context: Mapping[str, Any]) -> str:
    return _environment().get_template(f"{name}{_SUFFIX}").render(context)


def _source(name: str) -> str:
    return files("gpreg_new_plugin").joinpath("templates", f"{name}{_SUFFIX}").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gpreg_new_plugin"),
        undefined=StrictUndefined,
        autoescape=False,  # what is written is no HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quoted"] = _quoted
    return environment


def _quoted(text: str) -> str:
    """A string of TOML, which JSON's strings are."""
    return json.dumps(text, ensure_ascii=False)

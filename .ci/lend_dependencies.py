"""Lend this environment's third-party packages to a fresh one, so that torch is not installed twice.

    python lend_dependencies.py VENV

Only what the gpreg packages declare, and what that declares in turn, is lent, by a folder of links behind a ``.pth``
file. A dependency that a package forgot to declare is therefore missing there, as on a user's machine.
"""

import sys
from importlib.metadata import Distribution, distribution, entry_points
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def first_party() -> set[str]:
    """The installed distributions that are under test: the core and its plugins."""
    plugins = (point.dist.name for point in entry_points(group="gpreg") if point.dist)
    return {canonicalize_name(name) for name in ("gpreg", *plugins)}


def dependencies(names: set[str], *, themselves: bool = False) -> dict[str, Distribution]:
    """Everything that these distributions require, directly or not, without themselves unless that is asked for."""
    found: dict[str, Distribution] = {}
    pending = [(name, "") for name in names]
    seen = set(pending)
    while pending:
        name, extra = pending.pop()
        installed = distribution(name)
        if themselves or name not in names:
            found[name] = installed
        for line in installed.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                wanted = {(canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras)} - seen
                seen |= wanted
                pending += wanted
    return found


def lend(distributions: dict[str, Distribution], environment: Path) -> None:
    """Link each distribution's top-level files and folders into a folder that the environment imports from."""
    (site,) = environment.glob("lib/python*/site-packages")
    lent = environment / "lent"
    lent.mkdir()
    (site / "lent.pth").write_text(f"{lent}\n")
    for installed in distributions.values():
        for top in {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}:
            link = lent / top
            if not link.exists():  # namespace packages, such as nvidia, belong to several distributions
                link.symlink_to(Path(str(installed.locate_file(top))).resolve())


if __name__ == "__main__":
    lent = dependencies(first_party())
    lend(lent, Path(sys.argv[1]))
    print(f"lent {len(lent)} packages: {', '.join(sorted(lent))}")

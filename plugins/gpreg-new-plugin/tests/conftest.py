"""Packages that are asked for by kind, written into a folder, and installed as an installer leaves them."""

import sys

import pytest

from gpreg.registry.kinds import KINDS
from gpreg_new_plugin.package import Author, Package
from gpreg_new_plugin.rendering import imported, rendered
from gpreg_new_plugin.thing import things_of
from gpreg_new_plugin.writing import write


@pytest.fixture(scope="session")
def make():
    """Writes a package with things of some kinds, each ``(kind, name)``, into a folder, and returns its description."""

    def made(folder, name, named, license="MIT", author="Ada Lovelace <ada@example.org>"):
        things = things_of(named, imported=imported())
        package = Package(name=name, things=things, author=Author.of(author), year=2026, license=license)
        write(folder / package.distribution, rendered(package))
        return package

    return made


@pytest.fixture(scope="session")
def orchard(make, tmp_path_factory):
    """A folder with a package that has a thing of every kind, and its metadata beside it."""
    folder = tmp_path_factory.mktemp("orchard")
    package = make(folder, "orchard", [(kind, f"{kind}-of-mine") for kind in KINDS])
    information = folder / "site" / "gpreg_orchard-0.1.0.dist-info"
    information.mkdir(parents=True)
    (information / "entry_points.txt").write_text(f"[gpreg]\norchard = {package.module}.plugin\n")
    return folder


@pytest.fixture
def found(orchard, site, monkeypatch):
    """The folder with the package of every kind, which this process finds now."""
    for place in (orchard / "site", orchard / "gpreg-orchard" / "src"):
        monkeypatch.syspath_prepend(place)
    yield orchard
    for name in [name for name in sys.modules if name.partition(".")[0] == "gpreg_orchard"]:
        del sys.modules[name]

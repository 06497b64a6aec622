import ast
import re
import runpy
import sys
import tarfile
import tomllib
import zipfile
from functools import cache
from importlib.metadata import EntryPoint, packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import gpreg
from gpreg.registry.kinds import KINDS

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
PACKAGES = [ROOT, *PLUGINS]

every_package = pytest.mark.parametrize(
    "folder", PACKAGES, ids=lambda folder: folder.name if folder != ROOT else "core"
)
every_plugin = pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)


@cache
def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def module(folder):
    return project(folder)["name"].replace("-", "_")


def source(folder):
    return (folder if folder == ROOT else folder / "src") / module(folder)


def requirements(folder):
    extras = project(folder).get("optional-dependencies", {}).values()
    lines = chain(project(folder)["dependencies"], *extras)
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def files(folder):
    root = source(folder)
    return {
        path.relative_to(root.parent).as_posix()
        for path in root.rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".pyo")
    }


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Each package's wheel, built from nothing but its sdist, and opened once it is first asked for."""

    @cache
    def build(folder):
        dist = tmp_path_factory.mktemp("dist")
        (sdist,) = SdistBuilder(str(folder)).build(directory=str(dist))
        with tarfile.open(sdist) as packed:
            packed.extractall(dist, filter="data")
        unpacked = str(Path(sdist)).removesuffix(".tar.gz")
        (path,) = WheelBuilder(unpacked).build(directory=str(dist), versions=["standard"])
        return zipfile.ZipFile(path)

    return build


def test_every_list_of_packages_names_all_plugins():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    sources = {f"plugins/{folder.name}/src" for folder in PLUGINS}
    assert {path for path in settings["mypy"]["mypy_path"] if path.startswith("plugins/")} == sources
    modules = {module(folder) for folder in PLUGINS}
    assert set(settings["importlinter"]["root_packages"]) == {"gpreg", *modules}
    contracts = {each["name"]: each for each in settings["importlinter"]["contracts"]}
    assert set(contracts["The core names no plugin"]["forbidden_modules"]) == modules
    assert set(contracts["Plugins know the core, not each other"]["modules"]) == modules
    smoke = runpy.run_path(str(ROOT / ".ci" / "smoke.py"))
    assert smoke["PACKAGES"] == {"gpreg-example-plugin", *(folder.name for folder in PLUGINS)}


@every_plugin
def test_plugins_are_released_together_with_the_core(folder):
    assert project(folder)["dynamic"] == ["version"]
    core = requirements(folder)["gpreg"]
    assert core.specifier.contains(gpreg.__version__)
    assert not core.specifier.contains("0.0.1"), "a lower bound on the core is missing"


@every_package
def test_metadata_is_complete(folder):
    metadata = project(folder)
    assert metadata["name"] == ("gpreg" if folder == ROOT else folder.name)
    assert metadata["license"] == "MIT"
    assert metadata["classifiers"] == project(ROOT)["classifiers"]
    assert metadata["requires-python"] == ">=3.11"
    assert metadata["description"]
    assert (folder / metadata["readme"]).read_text().startswith(f"# {metadata['name']}\n")
    assert "Typing :: Typed" in metadata["classifiers"]


@every_package
def test_a_wheel_holds_the_whole_package_and_nothing_else(folder, wheels):
    names = set(wheels(folder).namelist())
    information = f"{module(folder)}-{gpreg.__version__}.dist-info"
    expected = {f"{information}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    assert names == files(folder) | expected | {f"{information}/licenses/LICENSE"}
    assert f"{module(folder)}/py.typed" in names


@every_package
def test_a_wheel_carries_the_licence_and_the_version(folder, wheels):
    information = f"{module(folder)}-{gpreg.__version__}.dist-info"
    wheel = wheels(folder)
    assert wheel.read(f"{information}/licenses/LICENSE").decode() == (ROOT / "LICENSE").read_text()
    metadata = wheel.read(f"{information}/METADATA").decode()
    assert f"\nVersion: {Version(gpreg.__version__)}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata


@every_plugin
def test_the_entry_point_imports(folder):
    ((name, value),) = project(folder)["entry-points"]["gpreg"].items()
    assert folder.name == f"gpreg-{name}"
    plugin = EntryPoint(name=name, value=value, group="gpreg").load()
    assert {kind.hook for kind in KINDS.values()} & set(vars(plugin)), "it implements no hook"


@every_package
def test_every_import_is_declared(folder):
    owners = packages_distributions() | {module(package): [project(package)["name"]] for package in PACKAGES}
    available = {canonicalize_name(name) for name in (project(folder)["name"], *requirements(folder))}
    for path in source(folder).rglob("*.py"):
        for name in imported(ast.parse(path.read_text())) - sys.stdlib_module_names:
            undeclared = available.isdisjoint(map(canonicalize_name, owners[name]))
            assert not undeclared, f"{path.relative_to(ROOT)} imports {name}, which is not declared"


def imported(tree):
    """The top-level packages that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_every_make_target_is_listed_by_help():
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) == set(phony.split())


def test_contributing_says_what_is_in_every_folder():
    told = set(re.findall(r"^\| `([^`]+)`", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert {f"gpreg/{path.parent.name}" for path in ROOT.glob("gpreg/*/__init__.py")} <= told
    makefile = (ROOT / "Makefile").read_text()
    targets = {f"make {name}" for name in re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)}
    assert targets - {"make help", "make environment", "make clean"} <= told

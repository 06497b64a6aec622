"""The page "Your first measure" is followed: each line is typed, and its function replaces the one that was written."""

import ast
import os
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from gpreg.registry.registry import discover_registry

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "tutorials" / "first-measure.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) for line in block.splitlines()]
(EDITED,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
(VERIFIED,) = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
FEW = {"training.steps": 4, "report.tick": 2, "report.check_samples": 0, "report.picture_ticks": 0}
SHORT = ("--metric", "none", *(word for key, value in FEW.items() for word in ("--set", f"{key}={value}")))
TESTED = """
import os, sys
import pytest
from gpreg.registry.registry import discover_registry

os.chdir({folder!r})
sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
discover_registry.cache_clear()
sys.exit(pytest.main([*{words!r}, "-p", "no:cacheprovider", "-p", "no:xdist"]))
"""


class Reader:
    """Types the lines of the page in a folder."""

    def __init__(self, folder, call, command, monkeypatch):
        self.folder, self.call, self.command, self.monkeypatch = folder, call, command, monkeypatch

    def type(self, line):
        """What the line prints; it must succeed."""
        program, *words = shlex.split(line)
        if program == "gpreg":
            done = self.call(*words, *(SHORT if words[0] == "train" else ()))
            assert done.code == 0, done.err
            return done.out
        return {"pip": self.install, "pytest": self.test}[program](*words)

    def install(self, *words):
        """What an editable install leaves: the folder of the sources on the path, and metadata."""
        assert words == ("install", "-e", "./gpreg-wedge[test]")
        information = self.folder / "site" / "gpreg_wedge-0.1.0.dist-info"
        information.mkdir(parents=True)
        (information / "entry_points.txt").write_text("[gpreg]\nwedge = gpreg_wedge.plugin\n")
        for place in (self.folder / "site", self.folder / "gpreg-wedge" / "src"):
            self.monkeypatch.syspath_prepend(place)
        discover_registry.cache_clear()
        return ""

    def test(self, *words):
        place = os.pathsep.join((*sys.path[:2], os.environ.get("PYTHONPATH", "")))
        code = TESTED.format(folder=str(self.folder), words=words)
        done = self.command(code=code, PYTHONPATH=place, PYTHONDONTWRITEBYTECODE="1")
        done.wait()
        assert re.search(r"^\d+ passed in", done.told, flags=re.MULTILINE), done.told
        return done.told

    def edit(self, function):
        """Replace the function of the same name in the module of the measure."""
        module = self.folder / "gpreg-wedge" / "src" / "gpreg_wedge" / "wedge.py"
        lines = module.read_text(encoding="utf-8").splitlines()
        (new,) = ast.parse(function).body
        (old,) = (each for each in ast.parse("\n".join(lines)).body if getattr(each, "name", "") == new.name)
        lines[old.lineno - 1 : old.end_lineno] = function.splitlines()
        module.write_text("\n".join([*lines, ""]), encoding="utf-8")


@pytest.fixture
def reader(tmp_path, call, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    discover_registry.cache_clear()
    yield Reader(tmp_path, call, command, monkeypatch)
    discover_registry.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "gpreg_wedge"]:
        del sys.modules[name]


def test_the_page_leads_from_an_empty_folder_to_a_trained_and_verified_measure(reader):
    assert len(LINES) <= 6
    said = {}
    for line in LINES:
        said[line] = reader.type(line)
        if line.startswith("pip"):
            reader.edit(EDITED)
    same = (re.sub(r"\d+", "N", text) for text in (said["gpreg verify wedge"], VERIFIED))  # kits get further checks
    assert len(set(same)) == 1, said["gpreg verify wedge"]
    recipe = (reader.folder / "runs" / "wedge" / "recipe.toml").read_text(encoding="utf-8")
    assert '[measure]\nname = "wedge"\n' in recipe
    assert "wedge" in said["gpreg show measure wedge"]


def test_a_function_that_leaves_the_chord_fails_as_the_page_says(reader):
    for line in LINES[:2]:
        reader.type(line)
    (wrong,) = re.findall(r"try `(return .+)`", PAGE)
    reader.edit(re.sub(r"return .+", wrong, EDITED))
    tests = runpy.run_path(str(reader.folder / "gpreg-wedge" / "tests" / "test_wedge.py"))
    with pytest.raises(AssertionError):
        tests["test_points_are_on_the_chord"]()

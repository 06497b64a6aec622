import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

from gpreg.registry.discovery import GROUP
from gpreg.registry.installed import EntryPoint, installed


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def points(text, tmp_path, monkeypatch, folder="Some.Name-1.0.dist-info"):
    info = tmp_path / folder
    info.mkdir()
    (info / "entry_points.txt").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return list(installed(GROUP))


@pytest.mark.parametrize("group", [GROUP, "console_scripts", "pytest11"])
def test_it_finds_what_the_standard_library_finds(group):
    standard = importlib.metadata.entry_points(group=group)
    expected = {(p.name, p.value.replace(" ", ""), normal(p.dist.name), p.dist.version) for p in standard}
    assert {point[:4] for point in installed(group)} == expected
    assert all(Path(point.metadata).is_file() for point in installed(group))


def test_only_the_group_is_read(tmp_path, monkeypatch):
    text = "[console_scripts]\na = b:c\n\n[gpreg]\n# a comment\none = m.plugin\n two=m:x.y [extra]\n\n[gpreg2]\nz = z\n"
    metadata = str(tmp_path / "Some.Name-1.0.dist-info" / "METADATA")
    assert points(text, tmp_path, monkeypatch) == [
        EntryPoint("one", "m.plugin", "some-name", "1.0", metadata),
        EntryPoint("two", "m:x.y", "some-name", "1.0", metadata),
    ]


@pytest.mark.parametrize(
    ("folder", "package", "version"),
    [
        ("some_name-2.1.post1+cpu.dist-info", "some-name", "2.1.post1+cpu"),
        ("Some.Name-2.1-py3.11.egg-info", "some-name", "2.1"),
        ("some_name.egg-info", "some-name", "unknown"),
    ],
)
def test_the_folder_names_package_and_version(tmp_path, monkeypatch, folder, package, version):
    (point,) = points("[gpreg]\na = b\n", tmp_path, monkeypatch, folder=folder)
    assert (point.package, point.version) == (package, version)


def test_a_distribution_hides_others_of_its_name_behind_it(tmp_path, monkeypatch):
    for folder, name in (("front", "some_name-2.0.dist-info"), ("back", "Some.Name-1.0.egg-info")):
        info = tmp_path / folder / name
        info.mkdir(parents=True)
        (info / "entry_points.txt").write_text(f"[gpreg]\n{folder} = m\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "missing"), str(tmp_path / "front"), str(tmp_path / "back")])
    assert [point.name for point in installed(GROUP)] == ["front"]


@pytest.mark.parametrize("line", ["nonsense", "a =", "= "])
def test_a_malformed_line_is_one_broken_entry_point(tmp_path, monkeypatch, line):
    bad, good = points(f"[gpreg]\n{line}\ngood = json\n", tmp_path, monkeypatch)
    with pytest.raises(ValueError, match="not of the form name = module"):
        bad.load()
    assert good.load().__name__ == "json"


def test_load_follows_attributes():
    assert EntryPoint("x", "json:decoder.JSONDecoder", "p", "1").load().__name__ == "JSONDecoder"

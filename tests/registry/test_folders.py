"""Which folders are looked at for plugins: those that are installed, and no others."""

import os
import subprocess
import sys

import pytest

from gpreg.registry.discovery import GROUP
from gpreg.registry.installed import installed

PLUGIN = "import pathlib; pathlib.Path(__file__).with_name('ran').touch()\n"


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """A folder that somebody downloaded and works in."""
    folder = tmp_path / "stranger"
    info = folder / "strange-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text("[gpreg]\nstrange = strange\n")
    (folder / "strange.py").write_text(PLUGIN)
    monkeypatch.chdir(folder)
    return folder


def names():
    return [point.name for point in installed(GROUP)]


def python(folder, *words, path=None):
    given = os.environ.get("PYTHONPATH")
    parts = [part for part in (path, given) if part is not None]
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | ({"PYTHONPATH": os.pathsep.join(parts)} if parts else {}),
    )


@pytest.mark.parametrize("words", [("-m", "gpreg", "plugins"), ("-c", "import gpreg; gpreg.load_registry()")])
def test_a_plugin_in_the_current_folder_is_not_loaded(stranger, words):
    result = python(stranger, *words)
    assert result.returncode == 0
    assert "strange" not in result.stdout
    assert not (stranger / "ran").exists()


def test_a_library_in_the_current_folder_is_not_loaded_either(stranger):
    (stranger / "click.py").write_text(PLUGIN)
    assert python(stranger, "-m", "gpreg", "plugins").returncode == 0
    assert not (stranger / "ran").exists()


def test_one_that_PYTHONPATH_names_is_loaded_wherever_one_stands(stranger):
    for folder in (stranger, stranger.parent):
        assert "strange" in python(folder, "-m", "gpreg", "plugins", path=str(stranger)).stdout


def test_an_empty_item_of_PYTHONPATH_names_nothing(stranger):
    assert "strange" not in python(stranger, "-m", "gpreg", "plugins", path="").stdout


@pytest.mark.parametrize("path", [[""], ["HERE"], ["HERE", "elsewhere"]])
def test_the_folder_in_front_was_put_there_by_python(stranger, monkeypatch, path):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "path", [str(stranger) if word == "HERE" else word for word in path])
    assert names() == []


def test_the_folder_behind_was_put_there_by_an_installer(stranger, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "path", [str(stranger), "elsewhere", str(stranger)])
    assert names() == ["strange"]


def test_a_working_folder_that_is_gone_stops_nothing(stranger, monkeypatch):
    monkeypatch.setattr(sys, "path", ["", str(stranger)])
    monkeypatch.setattr(os, "getcwd", lambda: (_ for _ in ()).throw(FileNotFoundError()))
    assert names() == ["strange"]


def test_metadata_that_is_no_file_is_passed_over(tmp_path, monkeypatch):
    for kind, make in {"pipe": os.mkfifo, "folder": os.mkdir, "link": lambda path: os.symlink(path, path)}.items():
        info = tmp_path / f"{kind}-1.0.dist-info"
        info.mkdir()
        make(info / "entry_points.txt")
    huge = tmp_path / "huge-1.0.dist-info"
    huge.mkdir()
    (huge / "entry_points.txt").write_text("[gpreg]\nhuge = huge\n" + "#" * 2**21)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert names() == ["huge"]

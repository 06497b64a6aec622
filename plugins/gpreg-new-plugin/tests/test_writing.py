import errno
import os
from pathlib import Path, PurePosixPath

import pytest

from gpreg.errors import UsageError
from gpreg_new_plugin import writing

TEXTS = {PurePosixPath("README.md"): "one\n", PurePosixPath("src/a/b.py"): "two = 2\n"}


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_new_folder_has_the_files_and_nothing_is_beside_it(tmp_path):
    writing.write(tmp_path / "new", TEXTS)
    assert everything(tmp_path) == ["new", "new/README.md", "new/src", "new/src/a", "new/src/a/b.py"]
    assert (tmp_path / "new" / "src" / "a" / "b.py").read_text() == "two = 2\n"


def test_its_permissions_are_those_of_other_new_folders(tmp_path):
    writing.write(tmp_path / "new", TEXTS)
    (tmp_path / "other").mkdir()
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_current_folder_is_filled_if_it_is_empty(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before = here.stat().st_ino
    writing.write(Path(), TEXTS)
    assert here.stat().st_ino == before
    assert Path("README.md").read_text() == "one\n"
    assert everything(tmp_path) == ["here", "here/README.md", "here/src", "here/src/a", "here/src/a/b.py"]


def test_a_folder_that_is_not_empty_is_left_as_it_is(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"not empty \(mine\.txt\)") as raised:
        writing.write(tmp_path / "full", TEXTS)
    assert str(tmp_path / "full-2") in raised.value.remedy
    assert everything(tmp_path) == ["full", "full/mine.txt"]


def test_a_file_and_a_link_are_left_as_they_are(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    for name, what in (("file", "a file"), ("link", "a link")):
        with pytest.raises(UsageError, match=what):
            writing.write(tmp_path / name, TEXTS)
    assert everything(tmp_path) == ["file", "folder", "link"]


def test_the_folder_around_it_must_be_there(tmp_path):
    with pytest.raises(UsageError, match="there is no folder") as raised:
        writing.write(tmp_path / "no" / "new", TEXTS)
    assert raised.value.remedy == f"type mkdir -p {tmp_path / 'no'}"


@pytest.mark.parametrize("call", ["mkdtemp", "write_text", "rename"])
@pytest.mark.parametrize("empty", [False, True])
def test_what_the_disk_refuses_leaves_nothing(call, empty, tmp_path, monkeypatch):
    target = tmp_path / "new"
    if empty:
        target.mkdir()
    calls = []

    def refuse(*words, **more):
        calls.append(words)
        if call == "mkdtemp" or len(calls) == 2 or not empty:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return original(*words, **more)

    original = getattr(Path, call, None)
    monkeypatch.setattr(writing if call == "mkdtemp" else Path, call, refuse)
    with pytest.raises(UsageError, match="Permission denied") as raised:
        writing.write(target, TEXTS)
    assert "--into" in raised.value.remedy
    assert everything(tmp_path) == (["new"] if empty else [])


def test_an_interrupt_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupt)
    with pytest.raises(KeyboardInterrupt):
        writing.write(tmp_path / "new", TEXTS)
    assert everything(tmp_path) == []

import errno
import os
from pathlib import Path

import pytest

from gpreg.disk.atomic import clear_partials, partial_beside, write
from gpreg.errors import ExitCode, StorageError


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("content", "stored"), [("grün\n", "grün\n".encode()), (b"\0\xff", b"\0\xff"), ("", b"")])
def test_a_file_is_replaced_whole(tmp_path, content, stored):
    path = tmp_path / "file"
    path.write_text("something longer that was there before")
    write(path, content)
    assert contents(tmp_path) == {"file": stored}


def test_who_reads_the_old_file_meanwhile_reads_it_to_its_end(tmp_path):
    path = tmp_path / "file"
    write(path, "old")
    with path.open() as reader:
        write(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_full_disk_leaves_the_old_file(tmp_path, full_disk):
    path = tmp_path / "file"
    write(path, "old")
    with full_disk(room=100), pytest.raises(StorageError, match=r"cannot write .*file: .*untouched") as error:
        write(path, b"x" * 1000)
    assert error.value.exit_code == ExitCode.FAILED
    assert "gpreg resume" in error.value.remedy
    assert contents(tmp_path) == {"file": b"old"}


def test_a_disk_that_fills_up_when_flushed_leaves_the_old_file(tmp_path, failing_fsync):
    path = tmp_path / "file"
    write(path, "old")
    with failing_fsync(), pytest.raises(StorageError, match=os.strerror(errno.ENOSPC)):
        write(path, "new")
    assert contents(tmp_path) == {"file": b"old"}


def test_a_new_file_that_cannot_be_written_is_not_there(tmp_path, full_disk):
    with full_disk(), pytest.raises(StorageError):
        write(tmp_path / "file", "new")
    assert contents(tmp_path) == {}


def test_an_unwritable_folder_is_reported(unwritable):
    with pytest.raises(StorageError, match="ermission denied"):
        write(unwritable / "file", "new")


def test_a_read_only_disk_is_reported_though_nothing_can_be_cleared_away(tmp_path, monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))  # what Linux says to unlink, even of what is not there

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageError, match=os.strerror(errno.EROFS)):
        write(tmp_path / "file", "new")


def test_a_missing_folder_is_reported(tmp_path):
    with pytest.raises(StorageError, match="No such file"):
        write(tmp_path / "nowhere" / "file", "new")


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "precious").write_text("precious")
    for name in ("file", ".file.partial"):
        (tmp_path / name).symlink_to(tmp_path / "precious")
    write(tmp_path / "file", "new")
    assert (tmp_path / "precious").read_text() == "precious"
    assert (tmp_path / "file").read_text() == "new"
    assert not (tmp_path / "file").is_symlink()


def test_no_name_of_a_partial_file_is_used_twice(tmp_path):
    assert len({partial_beside(tmp_path / "file") for _ in range(100)}) == 100
    assert len(partial_beside(tmp_path / ("x" * 250)).name) < 40


def test_partial_files_are_cleared_and_what_they_link_to_is_not(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("precious")
    (tmp_path / ".a.partial").symlink_to(tmp_path / "precious")
    (tmp_path / ".step-000000004.removed.partial").mkdir()
    (tmp_path / ".step-000000004.removed.partial" / "state.pt").write_text("")
    clear_partials(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["precious", "file"]

from pathlib import Path

import platformdirs
import pytest

from gpreg.errors import DataError
from gpreg_datasets.location import data_root, fetch


def test_order_of_places(monkeypatch, tmp_path):
    monkeypatch.setenv("GPREG_DATA", str(tmp_path))
    assert data_root(Path("/given")) == Path("/given")
    assert data_root(None) == tmp_path
    monkeypatch.delenv("GPREG_DATA")
    assert data_root(None) == platformdirs.user_cache_path("gpreg")
    assert data_root(Path("~/data")) == Path.home() / "data"


def write(folder):
    (folder / "set").mkdir()
    (folder / "set" / "file").write_text("whole")


def test_the_folder_appears_whole(tmp_path):
    def download(staging):
        write(staging)
        assert not (tmp_path / "root" / "set").exists()

    fetch(tmp_path / "root", "set", download)
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["set"]
    assert (tmp_path / "root" / "set" / "file").read_text() == "whole"


@pytest.mark.parametrize(
    ("error", "raised"),
    [(OSError("lost"), DataError), (RuntimeError("checksum"), DataError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_a_failure_leaves_nothing(tmp_path, error, raised):
    def download(staging):
        write(staging)
        raise error

    with pytest.raises(raised):
        fetch(tmp_path, "set", download)
    assert list(tmp_path.iterdir()) == []


def test_a_faster_process_is_no_failure(tmp_path):
    def download(staging):
        write(staging)
        write(tmp_path)

    fetch(tmp_path, "set", download)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_root_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="could not be downloaded"):
        fetch(tmp_path / "file", "set", write)

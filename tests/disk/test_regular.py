import os

import pytest

from gpreg.disk.regular import NotRegular, TooLarge, check_regular, opened, read_bytes, read_text
from gpreg.errors import UsageError


def link(path, tmp_path):
    (tmp_path / "elsewhere").write_text("precious")
    path.symlink_to(tmp_path / "elsewhere")


KINDS = {
    "a link": link,
    "a pipe": lambda path, tmp_path: os.mkfifo(path),
    "a folder": lambda path, tmp_path: path.mkdir(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR | os.O_CREAT | os.O_APPEND])
def test_what_is_no_file_is_refused_at_once(tmp_path, kind, flags):
    KINDS[kind](tmp_path / "stats.jsonl", tmp_path)

    def open_it():
        with opened(tmp_path / "stats.jsonl", flags):
            pytest.fail("opened")

    with pytest.raises(NotRegular, match=rf"stats\.jsonl is {kind}, where a file belongs"):
        open_it()


def test_a_device_is_refused():
    with pytest.raises(NotRegular, match="is a device"):
        read_bytes("/dev/zero")


def test_files_are_read(tmp_path):
    (tmp_path / "file").write_bytes(b"gr\xc3\xbcn")
    assert read_bytes(tmp_path / "file") == b"gr\xc3\xbcn"
    assert read_bytes(tmp_path / "file", 5) == b"gr\xc3\xbcn"
    with pytest.raises(TooLarge, match="more than 4 bytes"):
        read_bytes(tmp_path / "file", 4)
    assert read_text(tmp_path / "file") == "grün"
    (tmp_path / "file").write_bytes(b"gr\xfcn")
    with pytest.raises(UsageError, match=r"is no UTF-8 text: .* at byte 2"):
        read_text(tmp_path / "file")
    with pytest.raises(UsageError, match="No such file"):
        read_text(tmp_path / "missing")


@pytest.mark.parametrize("kind", ["a link", "a pipe"])
@pytest.mark.parametrize("place", ["odd", "inside/odd", "inside"])
def test_a_folder_of_files_and_folders(tmp_path, kind, place):
    folder = tmp_path / "run"
    (folder / "inside").mkdir(parents=True)
    (folder / "file").write_text("")
    check_regular(folder, inside=("inside", "missing"))
    if place == "inside":
        (folder / "inside").rmdir()
    KINDS[kind](folder / place, tmp_path)
    with pytest.raises(NotRegular, match=rf"{place} is {kind}, where a file or a folder belongs"):
        check_regular(folder, inside=("inside", "missing"))

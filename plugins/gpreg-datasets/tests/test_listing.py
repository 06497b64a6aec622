import os

import pytest
from PIL import Image

from gpreg.errors import DataError
from gpreg_datasets.listing import list_images


def names(folder):
    return [file.name for file in list_images(folder, "folder").files]


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"x")


def test_images_at_any_depth_by_subfolder_folder_and_name(tmp_path):
    touch(tmp_path, "b.png", "cat/2.JPG", "cat/deep/1.png", "cat-2/0.gif", "ant/9.webp", "a.jpeg", "notes.txt")
    assert names(tmp_path) == ["a.jpeg", "b.png", "ant/9.webp", "cat/2.JPG", "cat/deep/1.png", "cat-2/0.gif"]


def test_what_systems_leave_in_folders_is_passed_over(tmp_path):
    touch(tmp_path, "a.png", ".DS_Store", "._a.png", "Thumbs.db", "__MACOSX/a.png", "@eaDir/a.png", ".git/b.png")
    listing = list_images(tmp_path, "folder")
    assert [file.name for file in listing.files] == ["a.png"]
    assert listing.broken == {}


@pytest.mark.parametrize(
    "name", ["a\nb.png", "\x1b[31m.png", os.fsdecode(b"\xff\xfe.png"), " .png", "ä.PNG", "%s{0}.png"]
)
def test_odd_names(tmp_path, name):
    touch(tmp_path, name)
    assert names(tmp_path) == [name]


def test_links_are_followed_and_circles_end(tmp_path):
    touch(tmp_path, "data/real/1.png", "elsewhere/2.png", "elsewhere/deep/3.png")
    data = tmp_path / "data"
    (data / "loop").symlink_to(data)
    (data / "real" / "up").symlink_to("..")
    (data / "self").symlink_to("self")
    (data / "self.png").symlink_to("self.png")
    (data / "gone.png").symlink_to("nowhere")
    (data / "alias").symlink_to(tmp_path / "elsewhere")
    (data / "again").symlink_to(tmp_path / "elsewhere" / "deep")
    (data / "file.png").symlink_to(tmp_path / "elsewhere" / "2.png")
    listing = list_images(data, "folder")
    assert [file.name for file in listing.files] == ["file.png", "again/3.png", "alias/2.png", "real/1.png"]
    assert sorted(listing.broken) == ["gone.png", "self.png"]


def test_links_among_many_folders_do_not_multiply(tmp_path):
    for number in range(12):
        touch(tmp_path, f"{number}/x.png")
        for other in range(12):
            (tmp_path / str(number) / f"to{other}").symlink_to(tmp_path / str(other))
    assert len(names(tmp_path)) == 12


def test_pipes_sockets_and_devices_are_named_and_never_opened(tmp_path):
    touch(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "folder.png").mkdir()
    listing = list_images(tmp_path, "folder")
    assert [file.name for file in listing.files] == ["a.png"]
    assert listing.broken == {"pipe.png": "it is no file but a named pipe", "zero.png": "it is no file but a device"}


@pytest.mark.parametrize("kind", ["missing", "a file", "a pipe", "empty", "of text", "a loop", "a long name", "nul"])
def test_folders_without_images_say_what_is_there(tmp_path, kind):
    folder = tmp_path / "images"
    if kind == "a file":
        touch(tmp_path, "images")
    elif kind == "a pipe":
        os.mkfifo(folder)
    elif kind == "a loop":
        folder.symlink_to(folder)
    elif kind in ("empty", "of text"):
        (folder / "deep").mkdir(parents=True)
        if kind == "of text":
            touch(folder, "deep/a.txt", "b.txt", "c.HEIC", "Makefile")
    elif kind != "missing":
        folder = tmp_path / {"a long name": "x" * 300, "nul": "a\0b"}[kind]
    with pytest.raises(DataError) as caught:
        list_images(folder, "folder")
    told = {
        "missing": "which does not exist",
        "a file": "which is a file",
        "a pipe": "which is a named pipe",
        "empty": "has no images: it is empty",
        "of text": "has no images, only .txt (2), .heic (1), without an ending (1)",
    }
    assert told.get(kind, "") in caught.value.message
    assert "folder=DIR" in caught.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed(tmp_path):
    touch(tmp_path, "a.png", "secret/b.png")
    (tmp_path / "secret").chmod(0)
    assert "secret" in list_images(tmp_path, "folder").broken
    (tmp_path / "secret").chmod(0o755)


def test_size_and_time_of_each(tmp_path):
    Image.new("L", (3, 3)).save(tmp_path / "a.png")
    os.utime(tmp_path / "a.png", ns=(5, 7_000))
    (file,) = list_images(tmp_path, "folder").files
    assert (file.size, file.mtime) == ((tmp_path / "a.png").stat().st_size, 7_000)

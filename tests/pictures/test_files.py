import os
import stat
from threading import Thread

import numpy as np
import pytest
import torch
from PIL import Image

from gpreg.errors import GpregError
from gpreg.pictures import save_images, save_png
from gpreg.pictures.style import figure

NOISE = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


@pytest.mark.parametrize("pixels", [NOISE, NOISE[..., 0].copy()])
def test_pixels_survive(tmp_path, pixels):
    path = save_png(pixels, tmp_path / "new" / "folder" / "a.png")
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_figures_have_the_size_asked_for_and_the_same_bytes_each_time(tmp_path):
    first, second = (save_png(figure(300, 200), tmp_path / name) for name in ("a.png", "b.png"))
    with Image.open(first) as image:
        assert image.size == (300, 200)
    assert first.read_bytes() == second.read_bytes()


def test_images_are_numbered_on(tmp_path):
    images = torch.tensor([0.0, 1.0, 0.4]).view(3, 1, 1, 1).expand(3, 3, 4, 6)
    save_images(images[:2], tmp_path)
    save_images(images[2:], tmp_path, first=2)
    assert sorted(os.listdir(tmp_path)) == ["000000.png", "000001.png", "000002.png"]
    for name, level in (("000000.png", 0), ("000001.png", 255), ("000002.png", 102)):
        with Image.open(tmp_path / name) as image:
            assert np.asarray(image).shape == (4, 6, 3)
            assert (np.asarray(image) == level).all()


def test_a_picture_replaces_the_one_before(tmp_path):
    save_png(NOISE, tmp_path / "a.png")
    save_png(255 - NOISE, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), 255 - NOISE)
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_failure_while_writing_leaves_the_old_picture_and_nothing_else(tmp_path, monkeypatch):
    path = save_png(NOISE, tmp_path / "a.png")
    before = path.read_bytes()

    def full(image, file, **options):
        file.write(b"half a picture")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(GpregError, match="No space left") as error:
        save_png(255 - NOISE, path)
    assert error.value.remedy
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_place_that_is_no_folder_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GpregError, match="cannot write"):
        save_png(NOISE, tmp_path / "file" / "a.png")


def test_others_may_read_it_as_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "plain", save_png(NOISE, tmp_path / "a.png"))]
    assert modes[0] == modes[1]


def test_threads_write_one_file_whole(tmp_path):
    large = np.repeat(np.repeat(NOISE, 40, axis=0), 40, axis=1)
    threads = [Thread(target=save_png, args=(large, tmp_path / "a.png")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), large)
    assert os.listdir(tmp_path) == ["a.png"]

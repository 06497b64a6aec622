import logging
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gpreg.interfaces import Opening
from gpreg_datasets import holding, image_cache, image_files, survey
from gpreg_datasets.image_folder import ImageFolder
from gpreg_datasets.options import ImageFolderOptions


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GPREG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "images"


@pytest.fixture
def decoded(monkeypatch):
    """Counts the files that are decoded."""
    count, decode = [], image_files.decode
    monkeypatch.setattr(image_files, "decode", lambda *args, **kwargs: count.append(1) or decode(*args, **kwargs))
    return count


@pytest.fixture
def folder(tmp_path, write_images):
    return write_images(tmp_path / "images", 12)


def opened(folder, split="train", **options):
    options = {"workers": 0, "size": 8, "holdout": 0.3} | options
    return ImageFolder(ImageFolderOptions(folder=folder, **options)).open(
        Opening(split=split, value_range=(0.0, 255.0))
    )


def values(data):
    return sorted(data.take(data.size, rng=torch.Generator()).samples[:, 0, 0, 0].tolist())


def test_images_are_decoded_once_for_both_splits_and_all_runs(folder, decoded, cache):
    training, testing = values(opened(folder)), values(opened(folder, "test"))
    assert sorted(training + testing) == list(range(12))
    assert len(decoded) == 12
    assert values(opened(folder, mirror=True, pixel_rule=256, classes=False))
    assert len(decoded) == 12
    assert len(list(cache.iterdir())) == 1


def test_held_images_are_mapped_from_the_file_and_outlive_it(folder, cache):
    data = opened(folder, holdout=0.0)
    (entry,) = cache.iterdir()
    for file in entry.iterdir():
        file.unlink()
    entry.rmdir()
    assert values(data) == list(range(12))


@pytest.mark.parametrize("change", ["content", "removed", "added", "renamed", "size", "channels", "ground"])
def test_what_changes_is_decoded_anew(folder, decoded, change):
    opened(folder)
    path, options = folder / "003.png", {}
    if change == "content":
        Image.new("RGB", (8, 8), (77, 77, 77)).save(path)
        os.utime(path, ns=(1, 1))
    elif change == "removed":
        path.unlink()
    elif change == "added":
        Image.new("RGB", (8, 8), (77, 77, 77)).save(folder / "new.png")
    elif change == "renamed":
        path.rename(folder / "new.png")
    else:
        options = {"size": {"size": 9}, "channels": {"channels": 1}, "ground": {"ground": "black"}}[change]
    seen = values(opened(folder, **options)) + values(opened(folder, "test", **options))
    assert len(decoded) > 12
    assert (77 in seen) == (change in ("content", "added"))
    assert (3 in seen) == (change not in ("content", "removed"))


@pytest.mark.parametrize("file", [image_cache.PIXELS, image_cache.FACTS])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "longer", "empty", "missing", "junk", "other JSON"])
def test_a_damaged_entry_is_made_anew(folder, decoded, cache, file, damage, caplog):
    expected = values(opened(folder))
    (entry,) = cache.iterdir()
    path = entry / file
    content = path.read_bytes()
    at = len(content) // 2
    spoilt = {
        "flipped": content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
        "truncated": content[:-1],
        "longer": content + b"\0",
        "empty": b"",
        "junk": bytes(range(256)) * (len(content) // 256),
        "other JSON": image_cache._sealed({"survey": {"unreadable": [["a", 1]], "traits": {}}, "checksum": 0}),
    }
    path.unlink()
    if damage != "missing":
        path.write_bytes(spoilt[damage])
    with caplog.at_level(logging.WARNING, "gpreg"):
        assert values(opened(folder)) == expected
    assert len(decoded) == 24
    assert "damaged" in caplog.text
    assert values(opened(folder)) == expected
    assert len(decoded) == 24


def test_a_folder_that_cannot_be_written_to_costs_a_warning(folder, decoded, cache, caplog):
    cache.parent.mkdir()
    cache.write_text("in the way")
    with caplog.at_level(logging.WARNING, "gpreg"):
        assert len(values(opened(folder))) + len(values(opened(folder, "test"))) == 12
    assert "cannot be kept" in caplog.text
    assert len(decoded) == 24


def test_a_full_disk_costs_a_warning_and_leaves_nothing(folder, cache, monkeypatch, caplog):
    def full(self, images):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image_cache.Making, "add", full)
    with caplog.at_level(logging.WARNING, "gpreg"):
        assert len(values(opened(folder))) >= 6
    assert "No space left" in caplog.text
    assert list(cache.iterdir()) == []


def test_an_interrupted_reading_leaves_nothing(folder, cache, monkeypatch):
    def stop(self, images):
        raise KeyboardInterrupt

    monkeypatch.setattr(image_cache.Making, "add", stop)
    with pytest.raises(KeyboardInterrupt):
        opened(folder)
    assert list(cache.iterdir()) == []


def test_nothing_is_kept_where_it_is_not_wanted(folder, cache, decoded):
    opened(folder, cache=False)
    assert not cache.exists()
    opened(folder, in_memory=False)
    opened(folder, in_memory=False)
    assert len(decoded) == 24  # what was found is kept, and no pixels are
    assert os.path.getsize(next(cache.iterdir()) / image_cache.PIXELS) == 0
    assert len(values(opened(folder))) >= 6
    assert os.path.getsize(next(cache.iterdir()) / image_cache.PIXELS) == 12 * 192


def test_what_does_not_fit_on_disk_is_streamed(folder, monkeypatch):
    monkeypatch.setattr(holding, "IN_MEMORY_BYTES", 0)
    assert isinstance(opened(folder).images, holding.MappedImages)
    monkeypatch.setattr(image_cache, "MOST_BYTES", 12 * 192 - 1)
    assert isinstance(opened(folder, size=9).images, image_files.ImageFiles)


def test_no_more_than_half_of_the_free_space_is_taken(folder, monkeypatch):
    store = image_cache.ImageCache()
    monkeypatch.setattr(image_cache.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    assert store.has_room(500)
    assert not store.has_room(501)


def test_entries_that_were_not_used_for_longest_go_first(folder, cache, monkeypatch):
    monkeypatch.setattr(image_cache, "MOST_BYTES", 3300)  # an entry takes 12 x 3 x size^2, and its facts
    for age, size in ((300, 4), (200, 5), (100, 3)):
        opened(folder, size=size)
        for entry in cache.iterdir():
            facts = entry / image_cache.FACTS
            if facts.stat().st_mtime > time.time() - 50:
                os.utime(facts, (time.time() - age,) * 2)
    opened(folder, size=4)  # used now
    opened(folder, size=6)
    kept = {round(((entry / image_cache.PIXELS).stat().st_size / 36) ** 0.5) for entry in cache.iterdir()}
    assert kept == {3, 4, 6}


def test_what_killed_processes_left_goes_after_a_day(folder, cache):
    for age, name in ((3 * 24 * 3600, "old"), (60, "new")):
        left = cache / f"{image_cache._UNFINISHED}{name}"
        left.mkdir(parents=True)
        (left / image_cache.PIXELS).write_bytes(b"x")
        for path in (left / image_cache.PIXELS, left):
            os.utime(path, (time.time() - age,) * 2)
    opened(folder)
    assert [entry.name for entry in cache.iterdir() if entry.name.startswith(".")] == [".unfinished-new"]


def _open_many(folder: Path, out) -> None:
    for _ in range(5):
        out.put(values(opened(folder, holdout=0.0)))


def test_processes_that_read_at_once_do_not_disturb_each_other(folder, cache):
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    processes = [context.Process(target=_open_many, args=(folder, out)) for _ in range(4)]
    for process in processes:
        process.start()
    found = [out.get(timeout=60) for _ in range(20)]
    for process in processes:
        process.join()
    assert all(each == list(range(12)) for each in found)
    assert [entry.name for entry in cache.iterdir() if entry.name.startswith(".")] == []


def test_long_reading_is_told(folder, monkeypatch, caplog):
    monkeypatch.setattr(survey, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(survey, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(survey, "BATCH", 5)
    with caplog.at_level(logging.INFO, "gpreg"):
        opened(folder)
    assert [line.split(", about")[0] for line in caplog.messages] == [
        f"reading the images of {folder}: {done} of 12" for done in (5, 10)
    ]


def test_the_checksum_of_large_entries_is_taken_in_parts(monkeypatch):
    pixels = np.arange(1000, dtype=np.uint8).reshape(10, 1, 10, 10)
    whole = image_cache._checksum(pixels)
    monkeypatch.setattr(image_cache, "_CHUNK", 64)
    assert image_cache._checksum(pixels) == whole

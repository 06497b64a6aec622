import multiprocessing

import pytest
import torch
from PIL import Image

from gpreg.errors import DataError, OptionError
from gpreg_datasets import image_folder
from gpreg_datasets.arrays import ArrayData
from gpreg_datasets.image_folder import ImageFolder
from gpreg_datasets.options import ImageFolderOptions
from gpreg_datasets.streaming import StreamedData

HELD = [{"in_memory": True, "workers": 0}, {"in_memory": False, "workers": 0}, {"in_memory": False, "workers": 2}]


def opened(folder, split="train", **options):
    options = {"workers": 0, "size": 8} | options
    return ImageFolder(ImageFolderOptions(folder=folder, **options)).open(split=split, value_range=(0.0, 255.0))


def contents(data):
    samples, labels = data.take(data.size, rng=torch.Generator())
    order = samples[:, 0, 0, 0].argsort()
    return samples[order], None if labels is None else labels[order]


@pytest.mark.parametrize("held", HELD)
def test_one_subfolder_per_class_at_any_depth(tmp_path, write_images, held):
    write_images(tmp_path / "cat", 5, first=10)
    write_images(tmp_path / "ant" / "red" / "small", 4, first=100)
    samples, labels = contents(data := opened(tmp_path, **held))
    assert (data.size, data.spec.classes, data.spec.shape) == (9, 2, (3, 8, 8))
    numbers = torch.tensor([*range(10, 15), *range(100, 104)]).float()
    assert torch.equal(samples, numbers[:, None, None, None].expand(-1, 3, 8, 8))
    assert labels.tolist() == [1] * 5 + [0] * 4


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("subfolder", ["", "all"])
def test_a_flat_folder_and_a_single_subfolder_have_no_labels(tmp_path, write_images, subfolder, held):
    write_images(tmp_path / subfolder, 6)
    (tmp_path / "notes.txt").write_text("no image")
    samples, labels = contents(data := opened(tmp_path, **held))
    assert samples[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert labels is None
    assert data.spec.classes is None


def test_shorter_side_resized_then_centre_cropped(tmp_path):
    wide = Image.new("RGB", (40, 20), (0, 0, 0))  # thirds by colour: the crop keeps the middle one
    wide.paste((255, 0, 0), (10, 0, 30, 20))
    wide.save(tmp_path / "wide.png")
    wide.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "tall.png")
    samples, _ = contents(opened(tmp_path, size=10))
    assert samples.shape == (2, 3, 10, 10)
    assert (samples[:, 1:] == 0).all()
    assert (samples[:, 0, 3:-3, 3:-3] == 255).all()


@pytest.mark.parametrize(("channels", "mode"), [(1, "RGB"), (3, "L")])
def test_colours_are_converted(tmp_path, write_images, channels, mode):
    write_images(tmp_path, 3, mode=mode)
    samples, _ = contents(opened(tmp_path, channels=channels))
    assert samples.shape == (3, channels, 8, 8)
    assert samples[:, -1, 0, 0].tolist() == [0, 1, 2]


def test_streamed_batches_are_those_of_memory(tmp_path, write_images):
    write_images(tmp_path / "a", 7)
    write_images(tmp_path / "b", 4, first=50)
    streams = [opened(tmp_path, **held).stream(4, seed=1) for held in HELD]
    for _ in range(7):
        held, *streamed = [next(stream) for stream in streams]
        for batch in streamed:
            assert torch.equal(batch.samples, held.samples)
            assert torch.equal(batch.labels, held.labels)


def test_memory_is_used_up_to_a_limit(tmp_path, write_images, monkeypatch):
    write_images(tmp_path, 4)
    monkeypatch.setattr(image_folder, "IN_MEMORY_BYTES", 4 * 3 * 8 * 8)
    assert isinstance(opened(tmp_path), ArrayData)
    monkeypatch.setattr(image_folder, "IN_MEMORY_BYTES", 4 * 3 * 8 * 8 - 1)
    assert isinstance(opened(tmp_path), StreamedData)
    assert opened(tmp_path, workers=None).workers >= 1


def test_resuming_reads_nothing_before_the_position(tmp_path, write_images, monkeypatch):
    write_images(tmp_path, 20)
    data = opened(tmp_path, in_memory=False)
    stream = data.stream(4, seed=0)
    for _ in range(3):
        next(stream)
    state = stream.state_dict()
    read, decode = [], data.files._decode
    monkeypatch.setattr(data.files, "_decode", lambda path: read.append(path) or decode(path))
    fresh = data.stream(4, seed=0)
    fresh.load_state_dict(state)
    next(fresh)
    assert len(read) == 4


def test_workers_end_with_their_stream(tmp_path, write_images):
    write_images(tmp_path, 20)
    stream = opened(tmp_path, in_memory=False, workers=2).stream(4, seed=0)
    next(stream)
    assert len(multiprocessing.active_children()) == 2
    del stream
    assert multiprocessing.active_children() == []


def test_the_test_split_has_its_own_folder(tmp_path, write_images):
    write_images(tmp_path / "train", 3)
    write_images(tmp_path / "test", 5)
    assert opened(tmp_path / "train", "test", test_folder=tmp_path / "test").size == 5
    with pytest.raises(OptionError, match="no test folder") as caught:
        opened(tmp_path / "train", "test")
    assert "test_folder=DIR" in caught.value.remedy


def test_no_folder_given():
    with pytest.raises(OptionError, match="no train folder"):
        opened(None)


@pytest.mark.parametrize("absent", ["folder", "images", "a class's images"])
def test_missing_images(tmp_path, write_images, absent):
    folder = tmp_path / "images"
    if absent != "folder":
        (folder / "empty").mkdir(parents=True)
    if absent == "a class's images":
        write_images(folder / "full", 2)
    with pytest.raises(DataError, match=str(folder)):
        opened(folder)


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("damage", ["truncated", "no image", "sixteen bits"])
def test_a_damaged_image_is_named(tmp_path, write_images, damage, held):
    path = write_images(tmp_path, 6, size=(64, 64)) / "003.png"
    if damage == "sixteen bits":
        Image.new("I;16", (8, 8), 1000).save(path)
    else:
        path.write_bytes({"truncated": path.read_bytes()[:-40], "no image": b"junk"}[damage])
    with pytest.raises(DataError, match="cannot be read as an image") as caught:
        next(opened(tmp_path, **held).stream(6, seed=0))
    assert str(path) in caught.value.message
    assert "Traceback" not in str(caught.value)

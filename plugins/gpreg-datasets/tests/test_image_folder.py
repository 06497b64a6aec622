import json
import multiprocessing
import os
import shutil

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gpreg.data.arrays import ArrayData
from gpreg.errors import DataError, OptionError
from gpreg.interfaces import Opening
from gpreg_datasets import holding
from gpreg_datasets.image_folder import ImageFolder
from gpreg_datasets.options import ImageFolderOptions
from gpreg_datasets.streamed_images import StreamedImages

HELD = [
    {"in_memory": True, "workers": 0},
    {"in_memory": True, "workers": 0, "cache": False},
    {"in_memory": False, "workers": 0},
    {"in_memory": False, "workers": 2},
]


def opened(folder, split="train", **options):
    options = {"workers": 0, "size": 8, "holdout": 0.0} | options
    return ImageFolder(ImageFolderOptions(folder=folder, **options)).open(
        Opening(split=split, value_range=(0.0, 255.0))
    )


def contents(data):
    samples, labels = data.take(data.size, rng=torch.Generator())
    order = samples[:, 0, 0, 0].argsort()
    return samples[order], None if labels is None else labels[order]


def values(data):
    return contents(data)[0][:, 0, 0, 0].tolist()


@pytest.mark.parametrize("held", HELD)
def test_one_subfolder_per_class_at_any_depth_when_asked_for(tmp_path, write_images, held):
    write_images(tmp_path / "cat", 5, first=10)
    write_images(tmp_path / "ant" / "red" / "small", 4, first=100)
    (tmp_path / "empty").mkdir()
    samples, labels = contents(data := opened(tmp_path, classes=True, **held))
    assert (data.size, data.spec.classes, data.spec.shape) == (9, 2, (3, 8, 8))
    numbers = torch.tensor([*range(10, 15), *range(100, 104)]).float()
    assert torch.equal(samples, numbers[:, None, None, None].expand(-1, 3, 8, 8))
    assert labels.tolist() == [1] * 5 + [0] * 4
    assert (data.class_names, data.class_counts) == (("ant", "cat"), (4, 5))
    assert any("without images are no classes: empty" in note for note in data.notes)


def test_subfolders_are_no_classes_unless_asked_for_and_this_is_told(tmp_path, write_images):
    write_images(tmp_path / "cat", 5, first=10)
    write_images(tmp_path / "ant" / "red", 4, first=100)
    data = opened(tmp_path)
    assert (data.size, data.spec.classes, data.class_names, data.class_counts) == (9, None, None, None)
    assert values(data) == [*range(10, 15), *range(100, 104)]
    assert any("ant, cat are no classes; -D classes=true" in note for note in data.notes)


def test_classes_where_there_are_none(tmp_path, write_images):
    write_images(tmp_path / "flat", 3)
    with pytest.raises(DataError, match="no subfolders with images") as caught:
        opened(tmp_path / "flat", classes=True)
    assert "-D classes=false" in caught.value.remedy
    write_images(tmp_path / "flat" / "a", 2, first=10)
    with pytest.raises(DataError, match=r"000.png, 001.png, 002.png lie in .*none of the classes a"):
        opened(tmp_path / "flat", classes=True)


def test_one_class_with_one_picture(tmp_path, write_images):
    write_images(tmp_path / "only", 1)
    data = opened(tmp_path, classes=True, holdout=0.9)
    assert (data.size, data.spec.classes, data.class_counts) == (1, 1, (1,))
    with pytest.raises(DataError, match=r"nothing of .* is held out") as caught:
        opened(tmp_path, "test", classes=True, holdout=0.9)
    assert "test_folder=DIR" in caught.value.remedy


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("subfolder", ["", "all"])
def test_a_flat_folder_and_a_single_subfolder_have_no_labels(tmp_path, write_images, subfolder, held):
    write_images(tmp_path / subfolder, 6)
    (tmp_path / "notes.txt").write_text("no image")
    samples, labels = contents(data := opened(tmp_path, **held))
    assert samples[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert labels is None
    assert data.spec.classes is None
    assert data.notes == ()


@pytest.mark.parametrize(("channels", "mode"), [(1, "RGB"), (3, "L")])
def test_colours_are_converted(tmp_path, write_images, channels, mode):
    write_images(tmp_path, 3, mode=mode)
    samples, _ = contents(opened(tmp_path, channels=channels))
    assert samples.shape == (3, channels, 8, 8)
    assert samples[:, -1, 0, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("mirror", [False, True])
def test_batches_are_the_same_however_images_are_held(tmp_path, write_images, monkeypatch, mirror):
    write_images(tmp_path / "a", 7)
    write_images(tmp_path / "b", 4, first=50)
    Image.effect_noise((20, 8), 80).save(tmp_path / "a" / "noise.png")
    options = {"classes": True, "mirror": mirror, "pixel_rule": 256, "holdout": 0.2}
    kinds = [opened(tmp_path, **options, **held) for held in HELD]
    monkeypatch.setattr(holding, "IN_MEMORY_BYTES", 0)
    kinds.append(opened(tmp_path, **options))
    assert [type(data) for data in kinds] == [ArrayData] * 2 + [StreamedImages] * 3
    assert isinstance(kinds[-1].images, holding.MappedImages)
    assert len({(data.size, data.class_counts, data.notes) for data in kinds}) == 1
    streams = [data.stream(4, seed=1) for data in kinds]
    for _ in range(7):
        first, *others = [next(stream) for stream in streams]
        for batch in others:
            assert torch.equal(batch.samples, first.samples)
            assert torch.equal(batch.labels, first.labels)
    rest = [{**stream.state_dict()} for stream in streams]
    assert all(state == rest[0] for state in rest)


def test_memory_is_used_up_to_a_limit(tmp_path, write_images, monkeypatch):
    write_images(tmp_path, 4)
    monkeypatch.setattr(holding, "IN_MEMORY_BYTES", 4 * 3 * 8 * 8)
    assert isinstance(opened(tmp_path, cache=False), ArrayData)
    monkeypatch.setattr(holding, "IN_MEMORY_BYTES", 4 * 3 * 8 * 8 - 1)
    assert isinstance(opened(tmp_path, cache=False), StreamedImages)
    assert opened(tmp_path, cache=False, workers=None).workers >= 1


def test_mirrored_images_are_for_training_alone(tmp_path, write_images):
    write_images(tmp_path / "train", 3)
    write_images(tmp_path / "test", 5)
    options = {"test_folder": tmp_path / "test", "mirror": True}
    assert opened(tmp_path / "train", **options).size == 6
    assert opened(tmp_path / "train", "test", **options).size == 5


@pytest.mark.parametrize("held", HELD)
def test_a_part_is_held_out(tmp_path, write_images, held):
    write_images(tmp_path, 40)
    training, testing = (opened(tmp_path, split, holdout=0.3, **held) for split in ("train", "test"))
    assert sorted(values(training) + values(testing)) == list(range(40))
    assert 4 <= testing.size <= 20
    assert any(f"held out for testing: {testing.size} of 40 images" in note for note in training.notes)
    assert training.record["held_out"] == testing.size
    before = values(testing)
    for gone in (3, 17, 30):
        (tmp_path / f"{gone:03}.png").unlink()
    write_images(tmp_path, 20, first=100)
    now = values(opened(tmp_path, "test", holdout=0.3, **held))
    assert [value for value in now if value < 100] == [value for value in before if value not in (3, 17, 30)]


def test_nothing_is_held_out_beside_a_test_folder_or_by_a_share_of_none(tmp_path, write_images):
    write_images(tmp_path / "train", 30)
    write_images(tmp_path / "test", 5)
    both = {"test_folder": tmp_path / "test", "holdout": 0.5}
    assert opened(tmp_path / "train", **both).size == 30
    assert opened(tmp_path / "train", "test", **both).size == 5
    with pytest.raises(DataError, match=r"nothing of .* is held out") as caught:
        opened(tmp_path / "train", "test")
    assert "test_folder=DIR" in caught.value.remedy


def test_classes_of_the_test_folder_are_numbered_as_those_for_training(tmp_path, write_images):
    for number, name in enumerate(("ant", "bee", "cat")):
        write_images(tmp_path / "train" / name, 2, first=10 * number)
    write_images(tmp_path / "test" / "cat", 2)
    data = opened(tmp_path / "train", "test", test_folder=tmp_path / "test", classes=True)
    assert contents(data)[1].tolist() == [2, 2]
    assert (data.class_names, data.class_counts) == (("ant", "bee", "cat"), (0, 0, 2))
    write_images(tmp_path / "test" / "dog", 2)
    with pytest.raises(DataError, match="dog, in none of the classes ant, bee, cat"):
        opened(tmp_path / "train", "test", test_folder=tmp_path / "test", classes=True)


def test_resuming_reads_nothing_before_the_position(tmp_path, write_images, monkeypatch):
    write_images(tmp_path, 20)
    data = opened(tmp_path, in_memory=False)
    stream = data.stream(4, seed=0)
    for _ in range(3):
        next(stream)
    state = stream.state_dict()
    seen, read = [], data.images.read
    monkeypatch.setattr(data.images, "read", lambda index: seen.append(index) or read(index))
    fresh = data.stream(4, seed=0)
    fresh.load_state_dict(state)
    next(fresh)
    assert len(seen) == 4


def test_workers_end_with_their_stream(tmp_path, write_images):
    write_images(tmp_path, 20)
    stream = opened(tmp_path, in_memory=False, workers=2).stream(4, seed=0)
    next(stream)
    assert len(multiprocessing.active_children()) == 2
    del stream
    assert multiprocessing.active_children() == []


def test_no_folder_given():
    with pytest.raises(OptionError, match="has no folder") as caught:
        opened(None)
    assert "-D folder=DIR" in caught.value.remedy


def test_a_ground_that_is_no_colour(tmp_path):
    with pytest.raises(OptionError, match=r"'ground' .* 'nocolour'; it must be a colour"):
        opened(tmp_path, ground="nocolour")


def spoil(folder):
    """Three files that cannot be read, each in its way."""
    path = folder / "003.png"
    path.write_bytes(path.read_bytes()[:-40])
    (folder / "junk.jpg").write_bytes(b"junk")
    os.mkfifo(folder / "pipe.gif")
    return ["003.png", "junk.jpg", "pipe.gif"]


@pytest.mark.parametrize("held", HELD)
def test_all_unreadable_files_are_named_at_once(tmp_path, write_images, held):
    bad = spoil(write_images(tmp_path, 6, size=(64, 64)))
    for _ in range(2):  # found, and found in the cache
        with pytest.raises(DataError, match=r"3 of 8 files in .* cannot be read as an image") as caught:
            opened(tmp_path, **held)
        assert all(f"{tmp_path / name}: " in caught.value.message for name in bad)
        assert "-D skip_unreadable=true" in caught.value.remedy
        assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("held", HELD)
def test_unreadable_files_are_left_out_on_demand_and_recorded(tmp_path, write_images, held):
    write_images(tmp_path / "b", 2, first=50)
    bad = spoil(write_images(tmp_path / "a", 6, size=(64, 64)))
    data = opened(tmp_path, skip_unreadable=True, classes=True, **held)
    samples, labels = contents(data)
    assert samples[:, 0, 0, 0].tolist() == [0, 1, 2, 4, 5, 50, 51]
    assert labels.tolist() == [0] * 5 + [1] * 2
    assert list(data.record["unreadable"]) == [f"a/{name}" for name in bad]
    assert any("left out: 3 of 10, a/003.png, a/junk.jpg, a/pipe.gif" in note for note in data.notes)
    json.dumps(dict(data.record))


def test_many_unreadable_files_are_counted(tmp_path):
    for number in range(70):
        (tmp_path / f"{number}.png").write_bytes(b"")
    with pytest.raises(DataError, match="70 of 70 files") as caught:
        opened(tmp_path, skip_unreadable=True)
    assert "and 50 more" in caught.value.message
    assert caught.value.message.count("\n") == 21


def test_a_class_without_any_readable_image(tmp_path, write_images):
    write_images(tmp_path / "a", 2)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.png").write_bytes(b"junk")
    with pytest.raises(DataError, match="no image of the classes b"):
        opened(tmp_path, classes=True, skip_unreadable=True)


@pytest.mark.parametrize("change", ["removed", "rewritten", "a pipe"])
def test_a_folder_that_changes_under_a_run(tmp_path, write_images, change):
    write_images(tmp_path, 6)
    held, streamed = opened(tmp_path), opened(tmp_path, in_memory=False)
    path = tmp_path / "002.png"
    path.unlink()
    if change == "rewritten":
        Image.new("RGB", (9, 9), (7, 8, 9)).save(path)
    if change == "a pipe":
        os.mkfifo(path)
    assert values(held) == [0, 1, 2, 3, 4, 5]  # what was decoded stays
    with pytest.raises(DataError, match=r"002.png cannot be read as an image: ") as caught:
        next(streamed.stream(6, seed=0))
    assert "nothing before it is lost" in caught.value.remedy


@pytest.mark.parametrize("held", HELD)
def test_a_state_of_other_files_is_refused_and_one_of_a_copy_is_not(tmp_path, write_images, held):
    write_images(tmp_path / "a", 6)
    state = opened(tmp_path / "a", **held).stream(4, seed=0).state_dict()
    shutil.copytree(tmp_path / "a", tmp_path / "copy", copy_function=shutil.copyfile)
    opened(tmp_path / "copy", **held).stream(4, seed=0).load_state_dict(state)
    (tmp_path / "a" / "002.png").rename(tmp_path / "a" / "new.png")
    stream = opened(tmp_path / "a", **held).stream(4, seed=0)
    with pytest.raises(DataError, match="not the same ones") as caught:
        stream.load_state_dict(state)
    assert "restore the files" in caught.value.remedy
    stream.load_state_dict({name: value for name, value in state.items() if name != "fingerprint"})


NAMES = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(names=st.lists(NAMES, min_size=1, max_size=6, unique=True), share=st.floats(0, 0.99))
def test_any_names_split_into_two_parts_that_make_the_whole(tmp_path_factory, names, share):
    folder = tmp_path_factory.mktemp("names")
    for number, name in enumerate(names):
        try:
            Image.new("L", (2, 2), number).save(folder / f"x{name}.PNG", format="PNG")
        except OSError:  # the file system takes no such name
            Image.new("L", (2, 2), number).save(folder / f"{number}.PNG")
    training = opened(folder, holdout=share, size=2, cache=False)
    json.dumps(dict(training.record)).encode("utf-8")
    " ".join(training.notes).encode("utf-8")
    try:
        testing = values(opened(folder, "test", holdout=share, size=2, cache=False))
    except DataError:
        testing = []
    assert values(training)
    assert sorted(values(training) + testing) == list(range(len(names)))


def test_what_was_done_to_images_is_told_and_recorded(tmp_path):
    Image.new("RGBA", (8, 8), (1, 2, 3, 40)).save(tmp_path / "a.png")
    Image.new("L", (8, 8)).save(tmp_path / "b.gif", save_all=True, append_images=[Image.new("L", (8, 8), 9)])
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.new("RGB", (8, 8)).save(tmp_path / "c.jpg", exif=exif)
    Image.new("I;16", (8, 8), 1000).save(tmp_path / "d.png")
    data = opened(tmp_path, ground="navy")
    assert [note.partition(":")[0] for note in data.notes] == [
        "transparent images lie on navy (option ground)",
        "of images with several frames the first is taken",
        "images are turned as their EXIF data says",
        "images of more than 8 bits a channel are rounded to 8",
    ]
    assert all(note.endswith(": 1 of 4") for note in data.notes)
    assert data.record["treated"] == {"transparent": 1, "animated": 1, "turned": 1, "deep": 1}

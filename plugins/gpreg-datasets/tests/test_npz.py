import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from gpreg.errors import DataError, OptionError
from gpreg.interfaces import Opening
from gpreg_datasets import npz_file
from gpreg_datasets.npz import Npz
from gpreg_datasets.options import NpzOptions

IMAGES = np.arange(4 * 3 * 2 * 2, dtype=np.uint8).reshape(4, 3, 2, 2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.npz"


def opened(path, *, split="train", value_range=None, **options):
    return Npz(NpzOptions(file=path, **options)).open(Opening(split=split, value_range=value_range))


def whole(data):
    batch = data.take(data.size, rng=torch.Generator())
    order = batch.samples.flatten(1)[:, 0].argsort()
    return batch.samples[order], None if batch.labels is None else batch.labels[order]


def test_images_of_bytes(path):
    np.savez(path, x=IMAGES, y=np.array([2, 0, 1, 2], np.uint8))
    data = opened(path, value_range=(0.0, 255.0))
    samples, labels = whole(data)
    assert data.spec.classes == 3
    assert torch.equal(samples, torch.from_numpy(IMAGES).float())
    assert labels.tolist() == [2, 0, 1, 2]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
@pytest.mark.parametrize("span", [(0.0, 1.0), (-1.0, 1.0), (0.1, 0.7)])
def test_images_of_floats_go_from_their_span_to_the_range_exactly_at_both_ends(path, dtype, span):
    images = np.linspace(*span, 12).reshape(3, 1, 2, 2).astype(dtype)
    np.savez(path, x=images)
    slack = 1e-3 if dtype == "f2" else 0.0  # half precision rounds .1 and .7 across the ends
    samples, labels = whole(opened(path, span=(span[0] - slack, span[1] + slack), value_range=(-0.9, 0.9)))
    assert labels is None
    assert torch.allclose(samples.flatten(), torch.linspace(-0.9, 0.9, 12), atol=4e-3 if slack else 1e-6)
    if not slack:
        ends = torch.tensor([-0.9, 0.9])
        assert torch.equal(samples.flatten()[[0, -1]], ends)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1"])
def test_vectors_are_left_alone(path, dtype):
    vectors = np.arange(15).reshape(5, 3).astype(dtype)
    np.savez_compressed(path, x=vectors)
    data = opened(path, value_range=(-1.0, 1.0))
    assert data.spec.value_range is None
    assert torch.equal(whole(data)[0], torch.from_numpy(vectors.astype("f4")))


def test_the_test_split(path):
    np.savez(path, x=IMAGES, x_test=IMAGES[:2], y_test=np.array([0, 1]))
    assert opened(path, split="test").size == 2
    assert opened(path, split="test").spec.classes == 2
    np.savez(path, x=IMAGES)
    with pytest.raises(DataError, match="no array 'x_test', only x"):
        opened(path, split="test")


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("unpickled",)


@pytest.mark.parametrize("name", ["x", "y"])
def test_pickled_objects_are_refused(path, name):
    arrays = {"x": IMAGES, "y": np.arange(4)} | {name: np.array([Bomb()], dtype=object)}
    np.savez(path, **arrays)
    with pytest.raises(DataError, match="cannot be read") as caught:
        opened(path)
    assert str(path) in caught.value.message


def test_no_file_given():
    with pytest.raises(OptionError, match="npz has no file"):
        opened(None)


def test_missing_file(path):
    with pytest.raises(DataError, match="looked for") as caught:
        opened(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize("damage", ["truncated", "flipped", "junk", "empty", "a single array"])
def test_damaged_files_are_named(path, damage):
    if damage == "a single array":
        with path.open("wb") as file:
            np.save(file, IMAGES)
    else:
        np.savez(path, x=np.random.RandomState(0).randint(0, 255, (40, 3, 8, 8), dtype=np.uint8))
        whole = path.read_bytes()
        flipped = whole[:2000] + bytes([whole[2000] ^ 0xFF]) + whole[2001:]
        path.write_bytes({"truncated": whole[:-100], "flipped": flipped, "junk": b"junk", "empty": b""}[damage])
    with pytest.raises(DataError, match="cannot be read") as caught:
        opened(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"x": IMAGES.astype("i4")}, r"\(4, 3, 2, 2\) of int32"),
        ({"x": IMAGES[0]}, r"\(3, 2, 2\) of uint8"),
        ({"x": np.array([["a"]])}, "cannot be read: it holds <U1, no numbers"),
        ({"x": np.ones((2, 2), complex)}, "complex128, no numbers"),
        ({"x": IMAGES[:0]}, "empty"),
        ({"pictures": IMAGES}, "no array 'x', only pictures"),
        ({"x": IMAGES / 255 * 2 - 1.01}, r"spans -1\.01 to .*option span says 0 to 1"),
        ({"x": IMAGES.astype("f4")}, "spans 0 to 47"),
        ({"x": np.full((2, 2), np.nan)}, "not finite"),
        ({"x": IMAGES, "y": np.arange(3)}, r"y of .* is \(3,\).* must be \(4,\)"),
        ({"x": IMAGES, "y": np.eye(4)}, "must be"),
        ({"x": IMAGES, "y": np.arange(4.0)}, "float64"),
        ({"x": IMAGES, "y": np.array([0, 1, -1, 0])}, "integers from 0"),
    ],
)
def test_arrays_that_cannot_be(path, arrays, complaint):
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=complaint):
        opened(path)


def test_a_span_that_cannot_be(path):
    np.savez(path, x=IMAGES.astype("f4"))
    with pytest.raises(OptionError, match="low must be below high"):
        opened(path, span=(1.0, 1.0))


def test_what_gpreg_sample_writes_is_taken_as_it_is(path):
    samples = np.linspace(0.1, 0.9, 24, dtype="f4").reshape(2, 3, 2, 2)  # no value tells the range
    np.savez(path, samples=samples, labels=np.array([4, 0]), value_range=np.array([-1.0, 1.0], "f4"))
    data = opened(path, value_range=(-1.0, 1.0))
    found, labels = whole(data)
    assert torch.allclose(found, torch.from_numpy(samples), atol=1e-6)
    assert labels.tolist() == [4, 0]
    assert data.spec.classes == 5
    assert any("no sample of the labels 1, 2, 3" in note for note in data.notes)


@pytest.mark.parametrize(
    ("names", "read"),
    [
        (["cat", "dog", "fox"], ("cat", "dog")),
        (["cat", "dog"], ("cat", "dog")),
        (["cat"], None),
        ([["cat", "dog"]], None),
        ([1, 2], None),
    ],
)
def test_what_labels_are_called(path, names, read):
    np.savez(path, x=IMAGES, y=np.array([0, 1, 1, 0]), class_names=np.array(names))
    assert opened(path).class_names == read


def test_samples_beyond_their_range_are_clipped_and_this_is_told(path):
    samples = np.array([-1.5, -1, 0, 2], "f4").reshape(4, 1, 1, 1)
    np.savez(path, samples=samples, value_range=np.array([-1.0, 1.0], "f4"))
    data = opened(path, value_range=(-1.0, 1.0))
    assert whole(data)[0].flatten().tolist() == [-1, -1, 0, 1]
    assert any("2 values of samples" in note and "clipped" in note for note in data.notes)
    np.savez(path, samples=samples, value_range=np.array([1.0, 1.0], "f4"))
    with pytest.raises(DataError, match="no low, high"):
        opened(path)


def test_floats_below_zero_are_of_the_range_from_minus_one_and_this_is_told(path):
    images = np.linspace(-1, 0.5, 12, dtype="f4").reshape(3, 1, 2, 2)
    np.savez(path, x=images)
    data = opened(path, value_range=(-1.0, 1.0))
    assert torch.allclose(whole(data)[0], torch.from_numpy(images), atol=1e-6)
    assert any("range -1 to 1" in note for note in data.notes)


@pytest.mark.parametrize(
    ("names", "split"),
    [
        (("samples", "labels"), "train"),
        (("images", "labels"), "train"),
        (("x_train", "y_train"), "train"),
        (("train_images", "train_labels"), "train"),
        (("arr_0", "arr_1"), "train"),
        (("test_images", "test_labels"), "test"),
    ],
)
def test_other_names_of_the_arrays(path, names, split):
    np.savez(path, **dict(zip(names, (IMAGES, np.array([[2], [0], [1], [2]])), strict=True)))
    samples, labels = whole(opened(path, split=split, value_range=(0.0, 255.0)))
    assert torch.equal(samples, torch.from_numpy(IMAGES).float())
    assert labels.tolist() == [2, 0, 1, 2]


def test_channels_that_come_last_or_not_at_all_are_recognised_and_told(path):
    np.savez(path, x=IMAGES.transpose(0, 2, 3, 1))
    data = opened(path, value_range=(0.0, 255.0))
    assert torch.equal(whole(data)[0], torch.from_numpy(IMAGES).float())
    assert any("(N, height, width, channels)" in note for note in data.notes)
    np.savez(path, x=np.zeros((5, 2, 7), np.uint8))
    data = opened(path)
    assert data.spec.shape == (1, 2, 7)
    assert any("(N, height, width), grey" in note for note in data.notes)
    np.savez(path, x=IMAGES)
    assert opened(path).notes == ()


def test_the_test_split_has_the_classes_of_training(path):
    np.savez(path, x=IMAGES, y=np.arange(4), x_test=IMAGES[:2], y_test=np.array([0, 1]))
    assert opened(path, split="test").spec.classes == 4


def test_mirror_and_pixel_rule(path):
    np.savez(path, x=IMAGES, x_test=IMAGES)
    data = opened(path, mirror=True, pixel_rule=256, value_range=(0.0, 1.0))
    expected = torch.from_numpy(IMAGES).float() / 256
    assert torch.equal(data.gather(torch.arange(8)).samples, torch.cat([expected, expected.flip(-1)]))
    assert opened(path, split="test", mirror=True).size == 4
    np.savez(path, x=IMAGES.reshape(4, -1))
    with pytest.raises(OptionError, match="vectors, which cannot be mirrored"):
        opened(path, mirror=True)


@pytest.mark.parametrize("label", [1000, 10**12, 2**63 - 1])
def test_labels_so_large_that_most_classes_are_empty(path, label):
    np.savez(path, x=IMAGES, y=np.array([0, 1, 2, label]))
    with pytest.raises(DataError, match=rf"4 different labels, and the largest is {label:,}") as caught:
        opened(path)
    assert "return_inverse" in caught.value.remedy


def test_an_unsigned_label_beyond_all_integers(path):
    np.savez(path, x=IMAGES, y=np.array([0, 1, 2, 2**64 - 1], np.uint64))
    with pytest.raises(DataError, match="the largest is"):
        opened(path)


def spoil(path, kind):
    if kind in ("0-d", "no samples", "no dimension", "structured", "object"):
        x = {
            "0-d": np.array(3.0),
            "no samples": np.zeros((0, 2)),
            "no dimension": np.zeros((3, 0)),
            "structured": np.zeros(3, [("a", "f4")]),
            "object": np.array([None], object),
        }[kind]
        np.savez(path, x=x)
        return
    header = {"descr": "<f4", "fortran_order": False, "shape": (2**40, 3) if kind == "huge" else (4, 3)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind == "no arrays":
            archive.writestr("readme.txt", "nothing")
            return
        content = io.BytesIO()
        if kind == "bomb":
            header["shape"] = (2**18, 3)
        np.lib.format.write_array_header_1_0(content, header)
        if kind == "bomb":
            with archive.open("x.npy", "w", force_zip64=True) as file:
                file.write(content.getvalue())
                file.write(bytes(3 * 2**20))
            return
        archive.writestr("x.npy", content.getvalue() + bytes(48))
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = raw.index(signature) + at
        if kind == "encrypted":
            raw[start] |= 1
        if kind == "unknown compression":
            raw[start + 2] = 77
        if kind == "broken compression":
            raw[start + 2] = 12  # bzip2
    path.write_bytes(raw)


@pytest.mark.parametrize(
    "kind",
    [
        *("0-d", "no samples", "no dimension", "structured", "object", "no arrays", "huge", "bomb"),
        *("encrypted", "unknown compression", "broken compression"),
    ],
)
def test_files_that_cannot_be_data(path, kind, bounded, monkeypatch):
    monkeypatch.setattr(npz_file, "SUSPICIOUS_BYTES", 2**20)
    spoil(path, kind)
    with bounded(), pytest.raises(DataError) as caught:
        opened(path)
    assert str(path) in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "loop", "long"])
def test_what_is_no_file(path, kind):
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    places = {"device": Path("/dev/zero"), "long": path.parent / ("a" * 300)}
    with pytest.raises(DataError):
        opened(places.get(kind, path))


def test_an_array_that_is_not_wanted_may_be_anything(path):
    np.savez(path, x=IMAGES, other=np.array([Bomb()], dtype=object), odd=np.zeros(3, [("a", "f4")]))
    assert opened(path).size == 4

import numpy as np
import pytest
import torch

from gpreg.errors import DataError, OptionError
from gpreg_datasets.npz import Npz
from gpreg_datasets.options import NpzOptions

IMAGES = np.arange(4 * 3 * 2 * 2, dtype=np.uint8).reshape(4, 3, 2, 2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.npz"


def opened(path, *, split="train", value_range=None, **options):
    return Npz(NpzOptions(file=path, **options)).open(split=split, value_range=value_range)


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
        ({"x": np.array([["a"]])}, "of <U1"),
        ({"x": np.ones((2, 2), complex)}, "complex128"),
        ({"x": IMAGES[:0]}, "empty"),
        ({"images": IMAGES}, "no array 'x', only images"),
        ({"x": IMAGES / 255 * 2 - 1}, "spans -1 to .*option span says 0 to 1"),
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

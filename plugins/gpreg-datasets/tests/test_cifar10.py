import hashlib
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from gpreg.errors import DataError
from gpreg.interfaces import Opening
from gpreg_datasets.cifar10 import Cifar10
from gpreg_datasets.options import Cifar10Options

FOLDER = "cifar-10-batches-py"
PER_FILE = 4


@pytest.fixture
def batches(tmp_path, monkeypatch):
    """A small CIFAR-10 in the format of the real one, and torchvision's checksums changed to its own."""
    folder = tmp_path / "made" / FOLDER
    folder.mkdir(parents=True)

    def write(name, content):
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))
        return [name, hashlib.md5((folder / name).read_bytes()).hexdigest()]

    def batch(number):
        first = number * PER_FILE
        data = np.zeros((PER_FILE, 3, 1024), np.uint8)
        data += np.arange(first, first + PER_FILE, dtype=np.uint8)[:, None, None]
        data += np.array([0, 100, 200], np.uint8)[None, :, None]  # the channels tell axes apart
        return {"data": data.reshape(PER_FILE, 3072), "labels": [(first + place) % 10 for place in range(PER_FILE)]}

    monkeypatch.setattr(
        torchvision.datasets.CIFAR10, "train_list", [write(f"data_batch_{i + 1}", batch(i)) for i in range(5)]
    )
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "test_list", [write("test_batch", batch(5))])
    name, checksum = write("batches.meta", {"label_names": [str(number) for number in range(10)]})
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": checksum})
    return folder


@pytest.mark.parametrize(("split", "numbers"), [("train", range(20)), ("test", range(20, 24))])
@pytest.mark.parametrize("by", ["folder", "root"])
def test_images_and_labels(batches, split, numbers, by):
    if by == "folder":
        data = Cifar10(Cifar10Options(folder=batches)).open(Opening(split=split, value_range=(0.0, 255.0)))
    else:
        data = Cifar10(Cifar10Options()).open(Opening(root=batches.parent, split=split, value_range=(0.0, 255.0)))
    samples, labels = data.take(data.size, rng=torch.Generator())
    order = samples[:, 0, 0, 0].argsort()
    expected = torch.tensor([[number, number + 100, number + 200] for number in numbers])
    assert torch.equal(samples[order], expected.float()[:, :, None, None].expand(-1, -1, 32, 32))
    assert labels[order].tolist() == [number % 10 for number in numbers]


def test_missing_says_what_where_and_how(tmp_path):
    with pytest.raises(DataError) as caught:
        Cifar10(Cifar10Options()).open(Opening(root=tmp_path))
    assert str(tmp_path / FOLDER / "data_batch_1") in caught.value.message
    assert "folder=DIR" in caught.value.remedy
    assert "--download (in Python: open(download=True))" in caught.value.remedy


def test_a_damaged_file_is_named_and_never_unpickled(batches, tmp_path):
    touched = tmp_path / "touched"

    class Bomb:
        def __reduce__(self):
            return Path.touch, (touched,)

    (batches / "data_batch_3").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError, match=r"data_batch_3 is damaged: its MD5"):
        Cifar10(Cifar10Options(folder=batches)).open(Opening())
    assert not touched.exists()


@pytest.fixture
def mirror(batches, tmp_path, monkeypatch):
    archive = tmp_path / "cifar.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(batches, FOLDER)
    state = {"interrupted": False, "served": 0}

    def retrieve(url, filename, chunk_size=None):
        whole = archive.read_bytes()
        Path(filename).write_bytes(whole[: len(whole) // 2] if state["interrupted"] else whole)
        if state["interrupted"]:
            raise KeyboardInterrupt
        state["served"] += 1

    monkeypatch.setattr(torchvision.datasets.utils, "_urlretrieve", retrieve)
    monkeypatch.setattr(torchvision.datasets.utils, "_get_redirect_url", lambda url, max_hops: url)
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    return state


def test_a_download_happens_once_and_leaves_the_batches_alone(tmp_path, mirror):
    for _ in range(2):
        assert Cifar10(Cifar10Options()).open(Opening(root=tmp_path / "new", download=True)).size == 20
    assert mirror["served"] == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FOLDER]


def test_an_interrupted_download_leaves_nothing_and_can_be_repeated(tmp_path, mirror):
    mirror["interrupted"] = True
    with pytest.raises(KeyboardInterrupt):
        Cifar10(Cifar10Options()).open(Opening(root=tmp_path / "new", download=True))
    assert list((tmp_path / "new").iterdir()) == []
    mirror["interrupted"] = False
    assert Cifar10(Cifar10Options()).open(Opening(root=tmp_path / "new", download=True)).size == 20


def test_pixel_rule_mirror_and_names(batches):
    plain = Cifar10(Cifar10Options(folder=batches)).open(Opening(value_range=(-1.0, 1.0)))
    assert plain.class_names == tuple("0123456789")
    assert plain.class_counts == (2,) * 10
    other = Cifar10(Cifar10Options(folder=batches, pixel_rule=256)).open(Opening(value_range=(-1.0, 1.0)))
    numbers = torch.arange(20)
    pixels = plain.gather(numbers).samples.add(1).mul(255 / 2).round()
    assert torch.equal(other.gather(numbers).samples, 2 * (pixels / 256 - 0.5))
    source = Cifar10(Cifar10Options(folder=batches, mirror=True))
    assert source.open(Opening()).size == 40
    assert source.open(Opening(split="test")).size == 4


@pytest.mark.parametrize("folder", ["x" * 300, "a\0b"])
def test_a_folder_that_no_file_system_has(tmp_path, folder):
    with pytest.raises(DataError, match="is not there"):
        Cifar10(Cifar10Options(folder=tmp_path / folder)).open(Opening())

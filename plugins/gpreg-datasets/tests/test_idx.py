import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from gpreg.errors import DataError, ExitCode
from gpreg.interfaces import Opening
from gpreg_datasets import idx
from gpreg_datasets.idx import FashionMnist, Mnist
from gpreg_datasets.options import FashionMnistOptions, IdxOptions

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(autouse=True)
def _no_system_packages(monkeypatch, tmp_path):
    monkeypatch.setattr(idx, "SYSTEM", tmp_path / "system")


def contents(data):
    samples, labels = data.take(data.size, rng=torch.Generator())
    order = samples[:, 0, 14, 14].argsort()
    return samples[order], labels[order]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("split", "size"), [("train", 30), ("test", 12)])
def test_plain_and_packed_files_of_a_folder(tmp_path, write_idx, packed, split, size):
    source = Mnist(IdxOptions(folder=write_idx(tmp_path, packed=packed)))
    samples, labels = contents(source.open(Opening(split=split, value_range=(0.0, 255.0))))
    assert torch.equal(samples, torch.arange(float(size)).view(-1, 1, 1, 1).expand(-1, 1, 28, 28))
    assert labels.tolist() == [number % 10 for number in range(size)]


@pytest.mark.parametrize("place", ["root/FashionMNIST/raw", "root/fashion-mnist", "system/fashion-mnist"])
def test_the_usual_places(tmp_path, write_idx, place):
    write_idx(tmp_path / place)
    assert FashionMnist(IdxOptions()).open(Opening(root=tmp_path / "root")).size == 30


def test_the_root_of_the_environment(tmp_path, write_idx, monkeypatch):
    monkeypatch.setenv("GPREG_DATA", str(tmp_path / "kept"))
    write_idx(tmp_path / "kept" / "mnist")
    assert Mnist(IdxOptions()).open(Opening()).size == 30


def test_a_border_of_background(tmp_path, write_idx):
    data = Mnist(IdxOptions(folder=write_idx(tmp_path), size=32)).open(Opening(value_range=(0.0, 255.0)))
    samples, _ = contents(data)
    assert data.spec.shape == (1, 32, 32)
    assert (samples[:, :, 2:-2, 2:-2] == torch.arange(30.0).view(-1, 1, 1, 1)).all()
    assert samples.sum((1, 2, 3)).tolist() == [784.0 * number for number in range(30)]


def test_missing_says_what_where_and_how(tmp_path):
    with pytest.raises(DataError) as caught:
        FashionMnist(IdxOptions()).open(Opening(root=tmp_path))
    assert caught.value.exit_code == ExitCode.FAILED
    for part in (IMAGES, LABELS, str(tmp_path / "FashionMNIST" / "raw"), "fashion-mnist"):
        assert part in caught.value.message
    for part in ("folder=DIR", "--download (in Python", "dataset-fashion-mnist"):
        assert part in caught.value.remedy


def test_a_named_folder_is_the_only_one_searched_and_never_downloaded_to(tmp_path, write_idx):
    write_idx(tmp_path / "mnist")
    with pytest.raises(DataError, match="elsewhere"):
        Mnist(IdxOptions(folder=tmp_path / "elsewhere")).open(Opening(root=tmp_path, download=True))
    assert not (tmp_path / "elsewhere").exists()


DAMAGE = {
    "empty": lambda content: b"",
    "truncated header": lambda content: content[:6],
    "truncated data": lambda content: content[:-1],
    "too long": lambda content: content + b"x",
    "wrong type": lambda content: b"\0\0\x0d" + content[3:],
    "unknown type": lambda content: b"\0\0\x0a" + content[3:],
    "wrong number of dimensions": lambda content: b"\0\0\x08\x02\0\0\0\x01\0\0\0\x02xy",
    "wrong size": lambda content: b"\0\0\x08\x03" + 3 * b"\0\0\0\x02" + bytes(8),
    "not idx": lambda content: b"<html>not found</html>",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_files_are_named(tmp_path, write_idx, name, damage, packed):
    path = write_idx(tmp_path, packed=packed) / (f"{name}.gz" if packed else name)
    if packed:
        path.write_bytes(gzip.compress(damage(gzip.decompress(path.read_bytes()))))
    else:
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="is damaged") as caught:
        Mnist(IdxOptions(folder=tmp_path)).open(Opening())
    assert str(path) in caught.value.message


@pytest.mark.parametrize("kind", ["truncated", "no gzip", "flipped"])
def test_damaged_archives_are_named(tmp_path, write_idx, kind):
    path = write_idx(tmp_path, packed=True) / f"{IMAGES}.gz"
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
    path.write_bytes({"truncated": whole[:-9], "no gzip": b"junk", "flipped": flipped}[kind])
    with pytest.raises(DataError, match=f"{path} is damaged"):
        Mnist(IdxOptions(folder=tmp_path)).open(Opening())


def test_labels_of_another_set_are_refused(tmp_path, write_idx):
    from_another = (write_idx(tmp_path / "other", train=29) / LABELS).read_bytes()
    path = write_idx(tmp_path / "mnist") / LABELS
    path.write_bytes(from_another)
    with pytest.raises(DataError, match="29 labels for 30 images"):
        Mnist(IdxOptions(folder=tmp_path / "mnist")).open(Opening())
    path.write_bytes(path.read_bytes()[:7] + bytes([30]) + bytes(range(30)))
    with pytest.raises(DataError, match="labels above 9"):
        Mnist(IdxOptions(folder=tmp_path / "mnist")).open(Opening())


@pytest.fixture
def mirror(monkeypatch, idx_contents):
    """torchvision's mirrors, played by local files; what it returns can be told to fail after some of them."""
    served = {f"{name}.gz": gzip.compress(content) for name, content in idx_contents().items()}
    checksums = [(name, hashlib.md5(content).hexdigest()) for name, content in served.items()]
    state = {"fail_after": None, "error": ConnectionResetError("connection lost"), "served": []}

    def retrieve(url, filename, chunk_size=None):
        name = url.rsplit("/", 1)[1]
        half = state["fail_after"] == len(state["served"])
        Path(filename).write_bytes(served[name][: len(served[name]) // 2] if half else served[name])
        if half:
            raise state["error"]
        state["served"].append(name)

    monkeypatch.setattr(torchvision.datasets.utils, "_urlretrieve", retrieve)
    monkeypatch.setattr(torchvision.datasets.utils, "_get_redirect_url", lambda url, max_hops: url)
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", checksums)
    return state


def test_a_download_happens_once(tmp_path, mirror):
    source = FashionMnist(IdxOptions())
    for _ in range(2):
        assert source.open(Opening(root=tmp_path / "new", download=True)).size == 30
    assert source.open(Opening(root=tmp_path / "new", split="test")).size == 12
    assert len(mirror["served"]) == 4
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["FashionMNIST"]


@pytest.mark.parametrize("fail_after", [0, 2])
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ConnectionResetError("connection lost"), DataError),
        (OSError(28, "No space left on device"), DataError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_an_interrupted_download_leaves_nothing_and_can_be_repeated(tmp_path, mirror, fail_after, error, raised):
    mirror |= {"fail_after": fail_after, "error": error}
    source = FashionMnist(IdxOptions())
    with pytest.raises(raised):
        source.open(Opening(root=tmp_path, download=True))
    assert list(tmp_path.iterdir()) == []
    mirror |= {"fail_after": None, "served": []}
    assert source.open(Opening(root=tmp_path, download=True)).size == 30


def test_a_download_with_a_wrong_checksum_is_refused(tmp_path, mirror, monkeypatch):
    name, _ = torchvision.datasets.FashionMNIST.resources[0]
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", [(name, "0" * 32)])
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        FashionMnist(IdxOptions()).open(Opening(root=tmp_path, download=True))
    assert "folder=DIR" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_an_incomplete_folder_is_not_overwritten(tmp_path, mirror):
    (tmp_path / "FashionMNIST").mkdir()
    (tmp_path / "FashionMNIST" / "mine.txt").write_text("kept")
    with pytest.raises(DataError, match="in the way"):
        FashionMnist(IdxOptions()).open(Opening(root=tmp_path, download=True))
    assert (tmp_path / "FashionMNIST" / "mine.txt").read_text() == "kept"
    assert mirror["served"] == []


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's dataset-fashion-mnist")
@pytest.mark.parametrize(("split", "size"), [("train", 60_000), ("test", 10_000)])
def test_the_debian_package(monkeypatch, split, size):
    monkeypatch.setattr(idx, "SYSTEM", DEBIAN.parent)
    data = FashionMnist(IdxOptions()).open(Opening(split=split, value_range=(0.0, 1.0)))
    samples, labels = data.take(size, rng=torch.Generator())
    assert samples.shape == (size, 1, 28, 28)
    assert labels.bincount().tolist() == [size // 10] * 10
    published = {"train": 0.2860, "test": 0.2868}  # mean grey level
    assert np.isclose(samples.mean().item(), published[split], atol=1e-4)


def test_only_clothes_can_be_mirrored_and_only_for_training(tmp_path, write_idx):
    source = FashionMnist(FashionMnistOptions(folder=write_idx(tmp_path), mirror=True))
    assert source.open(Opening()).size == 60
    assert source.open(Opening(split="test")).size == 12
    assert source.open(Opening()).class_names[0] == "T-shirt/top"
    assert Mnist(IdxOptions(folder=tmp_path)).open(Opening()).class_counts == (3,) * 10


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_of_far_too_many_bytes_is_not_read(tmp_path, write_idx, monkeypatch, packed):
    monkeypatch.setattr(idx, "MOST_BYTES", 30 * 784)
    with pytest.raises(DataError, match=r"23,520 bytes"):
        Mnist(IdxOptions(folder=write_idx(tmp_path, packed=packed))).open(Opening())


@pytest.mark.parametrize("folder", ["x" * 300, "a\0b"])
def test_a_folder_that_no_file_system_has(tmp_path, folder):
    with pytest.raises(DataError, match="is not there"):
        Mnist(IdxOptions(folder=tmp_path / folder)).open(Opening())

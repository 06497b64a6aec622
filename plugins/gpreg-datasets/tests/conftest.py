import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image


@pytest.fixture(autouse=True)
def _no_shared_data(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GPREG_DATA", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("GPREG_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def _global_random_states_stay_untouched():
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    yield
    assert torch.equal(torch.get_rng_state(), torch_state)
    for before, after in zip(numpy_state, np.random.get_state(), strict=True):
        assert np.array_equal(before, after)


def idx_bytes(array):
    """An array of bytes in the idx format: magic 0x0000 08 <dimensions>, big-endian sizes, data."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def small_mnist(train=30, test=12, *, apart=0):
    """The four files of a small MNIST, by name: image i has every pixel i, and label i % 10; test images from apart."""
    files = {}
    for prefix, numbers in (("train", np.arange(train)), ("t10k", np.arange(test) + apart)):
        n = len(numbers)
        files[f"{prefix}-images-idx3-ubyte"] = idx_bytes(np.broadcast_to(numbers[:, None, None], (n, 28, 28)))
        files[f"{prefix}-labels-idx1-ubyte"] = idx_bytes(numbers % 10)
    return files


@pytest.fixture
def write_idx():
    def write(folder: Path, *, packed=False, **sizes):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in small_mnist(**sizes).items():
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
        return folder

    return write


@pytest.fixture
def idx_contents():
    return small_mnist


@pytest.fixture
def write_images():
    def write(folder: Path, count: int, *, first=0, size=(8, 8), mode="RGB"):
        """PNGs of one colour each: image i is i + first everywhere."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + count):
            colour = number if mode == "L" else (number, number, number)
            Image.new(mode, size, colour).save(folder / f"{number:03}.png")
        return folder

    return write

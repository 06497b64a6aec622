"""MNIST and Fashion-MNIST: files in the idx format, read by torchvision."""

import gzip
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, ClassVar

from torch import Tensor
from torch.nn.functional import pad
from torchvision.datasets import MNIST, FashionMNIST
from torchvision.datasets.mnist import read_image_file, read_label_file

from gpreg.data.arrays import ArrayData
from gpreg.errors import DataError, NotDownloaded
from gpreg.interfaces import DatasetSource, Opening
from gpreg_datasets.location import DOWNLOAD, SYSTEM, data_root, fetch
from gpreg_datasets.options import FashionMnistOptions, IdxOptions

_DAMAGE = (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, RuntimeError, AssertionError)
"""What gzip and torchvision's reader raise for damaged files."""

MOST_BYTES = 2**29
"""Most bytes of an unpacked file; the largest valid one, with 60 000 images, has a tenth of it."""


class IdxSource(DatasetSource):
    """Images of 28x28 pixels in ten classes, in four idx files, plain or ``.gz``.

    If the options name a folder, they are looked for only there; else in ``ROOT/FOLDER/raw`` (torchvision's folder, to
    which they are also downloaded), ``ROOT/NAME``, and ``/usr/share/datasets/NAME`` (Debian's folder).
    """

    name: ClassVar[str]
    torchvision: ClassVar[type[MNIST]]
    class_names: ClassVar[tuple[str, ...]]
    package: ClassVar[str | None] = None

    def __init__(self, options: IdxOptions) -> None:
        self._folder, self._size = options.folder, options.size
        self._mirror = isinstance(options, FashionMnistOptions) and options.mirror

    def open(self, opening: Opening) -> ArrayData:
        """Read the images and labels of one split.

        Raises:
            DataError: the files are not found or damaged, or the download fails.
        """
        prefix = {"train": "train", "test": "t10k"}[opening.split]
        images_file, labels_file = self._locate(
            data_root(opening.root), opening.download, f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
        )
        images = _read(images_file, read_image_file)
        labels = _read(labels_file, read_label_file)
        if images.shape[1:] != (28, 28):
            raise _damaged(images_file, f"its images are {tuple(images.shape[1:])}, not (28, 28)")
        if len(labels) != len(images):
            raise _damaged(labels_file, f"it has {len(labels)} labels for {len(images)} images")
        if len(labels) and labels.max() > 9:
            raise _damaged(labels_file, "it has labels above 9")
        border = (self._size - 28) // 2
        data = ArrayData(
            pad(images, [border] * 4)[:, None],
            labels,
            classes=10,
            value_range=opening.value_range,
            mirror=self._mirror and opening.split == "train",
        )
        data.class_names = self.class_names
        return data

    def _locate(self, root: Path, download: bool, *names: str) -> list[Path]:
        subfolder = self.torchvision.__name__
        folders = (
            [self._folder.expanduser()]
            if self._folder
            else [root / subfolder / "raw", root / self.name, SYSTEM / self.name]
        )
        for folder in folders:
            files = [path for name in names if (path := _present(folder, name))]
            if len(files) == len(names):
                return files
        if download and not self._folder:
            fetch(root, subfolder, lambda staging: self.torchvision(staging, download=True))
            return self._locate(root, False, *names)
        system = f", or install the Debian package {self.package}" if self.package else ""
        raise NotDownloaded(
            f"{self.name} is not there: looked for {' and '.join(names)} (or .gz) in {', '.join(map(str, folders))}",
            remedy=f"give the option folder=DIR, or {DOWNLOAD}{system}",
        )


class Mnist(IdxSource):
    """Handwritten digits: 60 000 for training, 10 000 for testing."""

    name = "mnist"
    torchvision = MNIST
    class_names = tuple(map(str, range(10)))


class FashionMnist(IdxSource):
    """Articles of clothing: 60 000 for training, 10 000 for testing."""

    name = "fashion-mnist"
    torchvision = FashionMNIST
    class_names = tuple(FashionMNIST.classes)
    package = "dataset-fashion-mnist"


def _present(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if os.path.isfile(path)), None)


def _read(path: Path, reader: Callable[[str], Tensor]) -> Tensor:
    try:
        if path.suffix != ".gz":
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
            return reader(str(path))
        with TemporaryDirectory() as folder:  # torchvision's reader needs an unpacked file
            plain = Path(folder) / path.stem
            with gzip.open(path) as packed, plain.open("wb") as unpacked:
                _copy(packed, unpacked)
            return reader(str(plain))
    except _DAMAGE as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _copy(packed: gzip.GzipFile, unpacked: IO[bytes]) -> None:
    size = 0
    while content := packed.read(2**20):
        if (size := size + len(content)) > MOST_BYTES:
            raise ValueError(f"it unpacks to more than {MOST_BYTES:,} bytes")
        unpacked.write(content)


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(f"{path} is damaged: {reason}", remedy="replace the file, or remove it and download it anew")

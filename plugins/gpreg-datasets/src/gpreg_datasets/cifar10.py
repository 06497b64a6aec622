"""CIFAR-10, read by torchvision, which verifies checksums before it unpickles anything."""

import os
from pathlib import Path

import torch
from torchvision.datasets import CIFAR10
from torchvision.datasets.utils import check_integrity

from gpreg.data.arrays import ArrayData
from gpreg.errors import DataError, NotDownloaded
from gpreg.interfaces import DatasetSource, Opening
from gpreg_datasets.location import DOWNLOAD, data_root, fetch
from gpreg_datasets.options import Cifar10Options


class _Batches(CIFAR10):  # type: ignore[misc] # torchvision has no types
    """CIFAR-10 in a folder of any name."""

    base_folder = ""


class Cifar10(DatasetSource):
    """Photographs of 32x32 pixels in ten classes: 50 000 for training, 10 000 for testing.

    If the options name a folder, they are looked for only there; else in ``ROOT/cifar-10-batches-py``, to which they
    are also downloaded.
    """

    def __init__(self, options: Cifar10Options) -> None:
        self._options = options

    def open(self, opening: Opening) -> ArrayData:
        """Read the images and labels of one split; the option ``mirror`` applies to training only.

        Raises:
            DataError: the files are not found, the download fails, or a checksum is wrong.
        """
        root = data_root(opening.root)
        folder = self._options.folder.expanduser() if self._options.folder else root / CIFAR10.base_folder
        if opening.download and not self._options.folder and not folder.is_dir():
            fetch(root, CIFAR10.base_folder, lambda staging: CIFAR10(staging, download=True))
        _verify(folder)
        batches = _Batches(folder, train=opening.split == "train")
        images = torch.from_numpy(batches.data).permute(0, 3, 1, 2)
        data = ArrayData(
            images,
            torch.tensor(batches.targets),
            classes=10,
            value_range=opening.value_range,
            pixel_rule=self._options.pixel_rule,
            mirror=self._options.mirror and opening.split == "train",
        )
        data.class_names = tuple(batches.classes)
        return data


def _verify(folder: Path) -> None:
    files = [*CIFAR10.train_list, *CIFAR10.test_list, (CIFAR10.meta["filename"], CIFAR10.meta["md5"])]
    for name, checksum in files:
        path = folder / name
        if not os.path.isfile(path):
            raise NotDownloaded(
                f"cifar10 is not there: looked for {path}",
                remedy=f"give the option folder=DIR, or remove {folder} if it exists and {DOWNLOAD}",
            )
        if not check_integrity(path, checksum):
            raise DataError(
                f"{path} is damaged: its MD5 checksum is not {checksum}",
                remedy=f"remove {folder} and {DOWNLOAD}",
            )

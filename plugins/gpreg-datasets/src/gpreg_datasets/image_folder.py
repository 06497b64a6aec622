"""Any folder of images: flat, or with one subfolder per class."""

import os
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets.folder import IMG_EXTENSIONS, find_classes, has_file_allowed_extension, make_dataset

from gpreg.errors import DataError, OptionError
from gpreg.interfaces import Data, DatasetSource
from gpreg.interfaces.dataset import Split
from gpreg_datasets.arrays import ArrayData
from gpreg_datasets.options import ImageFolderOptions
from gpreg_datasets.streaming import ImageFiles, StreamedData

IN_MEMORY_BYTES = 2 * 2**30
"""Decoded images up to this size are held in memory, unless the options say otherwise."""

MOST_WORKERS = 8
"""Processes that are started unless the options say otherwise: more seldom help on one machine."""


class ImageFolder(DatasetSource):
    """Images of a folder, resized (shorter side, Lanczos) and centre-cropped to a square.

    Images that lie directly in the folder have no labels. Otherwise each subfolder is a class, numbered in the order
    of their names, and its images are found at any depth; a single subfolder is no class.
    """

    def __init__(self, options: ImageFolderOptions) -> None:
        self._options = options

    def open(
        self,
        *,
        root: Path | None = None,
        download: bool = False,
        split: Split = "train",
        value_range: tuple[float, float] | None = None,
    ) -> Data:
        """List the images, and read them if they fit in memory.

        Raises:
            OptionError: no folder is given for this split.
            DataError: the folder is missing, or a class or all of it has no images, or one cannot be read.
        """
        option = {"train": "folder", "test": "test_folder"}[split]
        folder: Path | None = getattr(self._options, option)
        if folder is None:
            raise OptionError(f"image-folder has no {split} folder", remedy=f"give the option {option}=DIR")
        paths, labels, classes = _list_images(folder.expanduser(), option)
        files = ImageFiles(paths, size=self._options.size, channels=self._options.channels)
        workers = self._options.workers
        streamed = StreamedData(
            files,
            labels,
            classes=classes,
            value_range=value_range,
            workers=min(_cores(), MOST_WORKERS) if workers is None else workers,
        )
        in_memory = self._options.in_memory
        if in_memory is None:
            in_memory = files.decoded_bytes <= IN_MEMORY_BYTES
        if not in_memory:
            return streamed
        return ArrayData(streamed.read_all(), labels, classes=classes, value_range=value_range)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _list_images(folder: Path, option: str) -> tuple[list[str], Tensor | None, int | None]:
    """Paths, ``(N,)`` labels or ``None``, and the number of classes."""
    if not folder.is_dir():
        raise DataError(f"image-folder is not there: looked for the folder {folder}", remedy=f"give {option}=DIR")
    flat = sorted(str(path) for path in folder.iterdir() if has_file_allowed_extension(path.name, IMG_EXTENSIONS))
    if flat:
        return flat, None, None
    try:
        names, numbers = find_classes(folder)
        samples = make_dataset(folder, numbers, extensions=IMG_EXTENSIONS)
    except FileNotFoundError as error:
        raise DataError(
            f"{folder} has no images, or a class without any: {error}",
            remedy=f"put images ({', '.join(IMG_EXTENSIONS)}) there, or remove empty subfolders",
        ) from error
    paths = [path for path, _ in samples]
    if len(names) == 1:
        return paths, None, None
    return paths, torch.tensor([number for _, number in samples]), len(names)

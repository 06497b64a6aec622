"""Decode image files in batches, for training and for the survey before it."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from gpreg.errors import DataError
from gpreg_datasets.decoding import Trait, Unreadable, decode, open_regular
from gpreg_datasets.ground import Colour
from gpreg_datasets.listing import ImageFile
from gpreg_datasets.printable import printable

Looked = tuple[Tensor, list[int], dict[str, str]]
"""Readable images ``(B', C, H, W)``, a :class:`Trait` for each, and by name why the others are unreadable."""


class ImageFiles:
    """Image files, decoded a batch at a time.

    Args:
        folder: the folder of the files.
        files: the images.
        size: height and width; the shorter side is resized to it and the centre is cropped.
        channels: 3 for RGB, 1 for grey.
        ground: colour of the ground under transparent images.
    """

    def __init__(
        self,
        folder: Path,
        files: Sequence[ImageFile],
        *,
        size: int,
        channels: int,
        ground: Colour = (255, 255, 255),
    ) -> None:
        # Arrays, not lists: reading a list's strings changes their reference counts, and so copies their memory pages
        # into every worker.
        self._names = np.array([os.fsencode(file.name) for file in files])
        self._stamps = np.array([(file.size, file.mtime) for file in files], np.int64).reshape(-1, 2)
        self._folder, self._ground = os.fspath(folder), ground
        self.shape = (channels, size, size)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def decoded_bytes(self) -> int:
        """Size of all images as uint8."""
        channels, height, width = self.shape
        return len(self) * channels * height * width

    def select(self, numbers: Sequence[int]) -> "ImageFiles":
        """Some of the files, in this order."""
        chosen = object.__new__(ImageFiles)
        chosen.__dict__.update(self.__dict__)
        chosen._names, chosen._stamps = self._names[list(numbers)], self._stamps[list(numbers)]
        return chosen

    def batch(self, numbers: Sequence[int]) -> Tensor | DataError:
        """The images with these indices, ``(B, C, H, W)`` of bytes, or the error of one that cannot be read."""
        images = torch.empty(len(numbers), *self.shape, dtype=torch.uint8)
        for place, index in enumerate(numbers):
            try:
                images[place], _ = self.read(index)
            except Unreadable as error:
                return DataError(
                    f"{printable(os.path.join(self._folder, self.name(index)))} cannot be read as an image: "
                    f"{printable(str(error))}",
                    remedy="restore the file as it was when the run began, and go on: nothing before it is lost",
                )
        return images

    def name(self, index: int) -> str:
        """The path of a file below the folder."""
        return os.fsdecode(self._names[index])

    def read(self, index: int) -> tuple[Tensor, Trait]:
        """One image ``(C, H, W)`` of bytes, and what was done to it.

        Raises:
            Unreadable: it is no image, or has changed since it was listed.
        """
        descriptor = open_regular(os.path.join(self._folder, self.name(index)))
        found = os.fstat(descriptor)
        if (found.st_size, found.st_mtime_ns) != tuple(self._stamps[index]):
            os.close(descriptor)
            raise Unreadable("it has changed since the folder was listed")
        return decode(descriptor, size=self.shape[-1], channels=self.shape[0], ground=self._ground)


class FirstLook(Dataset[Looked]):
    """The same files for the survey, which records those that cannot be read instead of failing."""

    def __init__(self, files: ImageFiles) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, numbers: Sequence[int]) -> Looked:
        """Decode a batch of files."""
        images: list[Tensor] = []
        traits: list[int] = []
        unreadable: dict[str, str] = {}
        for index in numbers:
            try:
                image, trait = self._files.read(index)
            except Unreadable as error:
                unreadable[self._files.name(index)] = str(error)
            else:
                images.append(image)
                traits.append(int(trait))
        found = torch.stack(images) if images else torch.empty(0, *self._files.shape, dtype=torch.uint8)
        return found, traits, unreadable

"""Save pictures to files, each written whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from torch import Tensor

from gpreg.disk.atomic import creating
from gpreg.pictures.grid import Pixels, pixels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_png(picture: "Pixels | Figure", path: Path | str) -> Path:
    """Write pixels ``(H, W, 3)`` or ``(H, W)``, or a figure, as PNG; missing folders are made.

    Equal pictures give equal files: no date or version is stored.

    Raises:
        StorageError: the file cannot be written; an existing one is left as it was.
    """
    path = Path(path)
    with creating(path) as file:
        _encode(picture, file)
    return path


def save_images(images: Tensor, folder: Path | str, *, first: int = 0) -> list[Path]:
    """Write each image as a PNG of ``H`` by ``W`` pixels: ``000000.png``, ``000001.png``, ...

    Args:
        images: ``(N, C, H, W)`` in [0, 1], with C = 1 or 3.
        folder: made if it is missing.
        first: number of the first image, for images that come batch by batch.

    Raises:
        UsageError: the images have another shape.
        StorageError: a file cannot be written.
    """
    return [save_png(image, Path(folder) / f"{first + k:06d}.png") for k, image in enumerate(pixels(images))]


def _encode(picture: "Pixels | Figure", file: BinaryIO) -> None:
    if isinstance(picture, np.ndarray):
        from PIL import Image

        Image.fromarray(picture).save(file, format="PNG")
    else:
        picture.savefig(file, format="png", dpi=picture.dpi, facecolor="white", metadata={"Software": None})

"""One file as pixels: any image that Pillow reads, as a square of bytes."""

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import IntFlag
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TGA", "TIFF", "WEBP")
"""What is read, whatever a file's name says. EPS, say, which Pillow gives to another program, is not among them."""

MOST_PIXELS = 89_478_485
"""Of one image: where Pillow begins to suspect a decompression bomb. A larger one takes more than 2 GB to decode."""

MOST_ASPECT = 8
"""Of an image longer than this many times its shorter side, only the middle part is looked at."""

MODES = {1: "L", 3: "RGB"}
"""Pillow's name for images of so many channels."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation."""


class Trait(IntFlag):
    """What was done to an image beside resizing it."""

    TRANSPARENT = 1
    ANIMATED = 2
    TURNED = 4
    DEEP = 8


class Unreadable(Exception):  # noqa: N818 -- it names a file's state, not a failure of ours
    """A file is no image that can be used; says why."""


def open_regular(path: str) -> int:
    """A file descriptor for reading. Never waits, as opening a pipe would.

    Raises:
        Unreadable: it is no regular file, or cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreadable("it is no file")
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # it was replaced between the two
        os.close(descriptor)
        raise Unreadable("it is no file")
    return descriptor


def decode(descriptor: int, *, size: int, channels: int, ground: tuple[int, int, int]) -> tuple[Tensor, Trait]:
    """``(channels, size, size)`` of uint8, and what was done to the image.

    Turned as EXIF says, put on the ground where it is transparent, converted to grey or RGB, its shorter side resized
    to ``size`` (Lanczos), and cropped to the centre. Of several frames the first counts. Grey of 16 bits is divided by
    its range, and floats must lie in [0, 1].

    Args:
        descriptor: of the file; it is closed.
        size: height and width.
        channels: 3 for RGB, 1 for grey.
        ground: red, green and blue of what is put under transparent images.

    Raises:
        Unreadable: it is damaged, no image, or too large.
    """
    with os.fdopen(descriptor, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of odd metadata and large images
        try:
            image, traits = _load(file, ground)
            square = center_crop(resize(image.convert(MODES[channels]), size, InterpolationMode.LANCZOS), size)
            return pil_to_tensor(square), traits
        except Unreadable:
            raise
        except Exception as error:  # what Pillow raises for damaged files is not limited to anything
            raise Unreadable(_reason(error)) from error


def _load(file: IO[bytes], ground: tuple[int, int, int]) -> tuple[Image.Image, Trait]:
    with Image.open(file, formats=_formats()) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise Unreadable(
                f"it would be {opened.width:,} x {opened.height:,} pixels; at most {MOST_PIXELS:,} are read, lest it "
                "be a decompression bomb"
            )
        with _silent() if opened.format == "TIFF" else nullcontext():
            opened.load()
        traits = Trait(0)
        image = _middle(opened)
        turn = _TURNS.get(_orientation(opened))
        if turn is not None:
            image, traits = image.transpose(turn), traits | Trait.TURNED
        if image.mode[0] in "IF":
            image, traits = _bytes(image, _bits(opened)), traits | Trait.DEEP
        if image.has_transparency_data:
            image, transparent = _on_ground(image, ground)
            traits |= Trait.TRANSPARENT if transparent else Trait(0)
        elif image.mode == "P":
            image = image.convert("RGB")
        if _is_animated(opened):  # last: it may move to another frame
            traits |= Trait.ANIMATED
        return image, traits


@contextmanager
def _silent() -> Iterator[None]:
    """Without standard error, where libtiff writes of damaged files whatever else is said of them."""
    try:
        saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # it is closed
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _formats() -> list[str]:
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _middle(image: Image.Image) -> Image.Image:
    """Without the far ends of one that is very long: resizing them would take memory for nothing."""
    width, height = image.size
    wide, high = min(width, MOST_ASPECT * height), min(height, MOST_ASPECT * width)
    left, top = (width - wide) // 2, (height - high) // 2
    return image if (wide, high) == image.size else image.crop((left, top, left + wide, top + high))


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(0x0112, 1)
    except Exception:  # damaged metadata does not spoil the pixels
        return 1
    return found if isinstance(found, int) else 1


def _is_animated(image: Image.Image) -> bool:
    if image.format == "MPO":  # two views of one scene, or a preview
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # its second frame is damaged, and not needed
        return True


def _on_ground(image: Image.Image, colour: tuple[int, int, int]) -> tuple[Image.Image, bool]:
    """The image in RGB on a ground, and whether any of this shows through."""
    with_alpha = image.convert("RGBA")
    alpha = with_alpha.getchannel("A")
    darkest = alpha.getextrema()[0]
    ground = Image.new("RGB", image.size, colour)
    ground.paste(with_alpha, mask=alpha)
    return ground, isinstance(darkest, int | float) and darkest < 255


def _bits(image: Image.Image) -> int:
    """Of a TIFF file's samples, which may be 12; else 16."""
    found = getattr(image, "tag_v2", {}).get(258, 16)
    first = found[0] if isinstance(found, tuple) else found
    return first if isinstance(first, int) and 8 <= first <= 16 else 16


def _bytes(image: Image.Image, bits: int) -> Image.Image:
    """An image of more than 8 bits as one of 8: its range becomes 0 to 255."""
    values: NDArray[np.generic] = np.asarray(image)
    low, high = values.min(), values.max()
    if image.mode == "F":
        if not (low >= 0 and high <= 1):
            raise Unreadable(f"its pixels are floats from {low:g} to {high:g}; they must lie in 0 to 1")
        return Image.fromarray(np.rint(values.astype(np.float32) * 255).astype(np.uint8))
    if low < 0:
        raise Unreadable("its pixels are integers below 0, or above 2147483647")
    top = next(top for top in (2**bits - 1, 2**16 - 1, 2**31 - 1) if high <= top)
    return Image.fromarray(np.rint(values.astype(np.float32) * np.float32(255 / top)).astype(np.uint8))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "no image that is known"
    return f"{type(error).__name__}: {error}"[:200]

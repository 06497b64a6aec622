"""Decode an image file, of any format that Pillow reads, into a square of bytes."""

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
"""The formats that are read, whatever a file's name. EPS is left out, because Pillow runs another program for it."""

MOST_PIXELS = 89_478_485
"""Most pixels of an image: Pillow's limit for decompression bombs. Decoding a larger one takes more than 2 GB."""

MOST_ASPECT = 8
"""Greatest ratio of an image's sides; of a longer image only the middle is decoded."""

MODES = {1: "L", 3: "RGB"}
"""Pillow's names of modes, by number of channels."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The operation that turns an image upright, by EXIF's orientation."""


class Trait(IntFlag):
    """What was done to an image besides resizing it."""

    TRANSPARENT = 1
    ANIMATED = 2
    TURNED = 4
    DEEP = 8


class Unreadable(Exception):  # noqa: N818 -- it describes a file, not a failure of gpreg
    """A file cannot be used as an image; the message says why."""


def open_regular(path: str) -> int:
    """Open a regular file for reading, and return its descriptor; a pipe is refused, and not waited for.

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
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # the file may have been replaced since the first look
        os.close(descriptor)
        raise Unreadable("it is no file")
    return descriptor


def decode(descriptor: int, *, size: int, channels: int, ground: tuple[int, int, int]) -> tuple[Tensor, Trait]:
    """Decode an image to ``(channels, size, size)`` of uint8; returns also what was done to it.

    The image is turned upright by its EXIF orientation, put on the ground if it is transparent, converted to grey or
    RGB, resized so that its shorter side is ``size`` (Lanczos), and cropped to the centre. Of several frames the first
    is taken. 16-bit grey is scaled to 8 bits, and floats must lie in [0, 1].

    Args:
        descriptor: descriptor of the file, which is closed.
        size: height and width.
        channels: 3 for RGB, 1 for grey.
        ground: red, green and blue of the ground under transparent images.

    Raises:
        Unreadable: it is damaged, no image, or too large.
    """
    with os.fdopen(descriptor, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata and large images
        try:
            image, traits = _load(file, ground)
            square = center_crop(resize(image.convert(MODES[channels]), size, InterpolationMode.LANCZOS), size)
            return pil_to_tensor(square), traits
        except Unreadable:
            raise
        except Exception as error:  # Pillow may raise anything for a damaged file
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
        if _is_animated(opened):  # the last look at the file, since it may move to another frame
            traits |= Trait.ANIMATED
        return image, traits


@contextmanager
def _silent() -> Iterator[None]:
    """Discard standard error inside the block: libtiff writes there about damaged files, which are reported anyway."""
    try:
        saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # standard error is closed
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
    """Cut off the far ends of a very long image: to resize them would waste memory."""
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
    if image.format == "MPO":  # its frames are two views of one scene, or a preview
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # the second frame is damaged, but not needed
        return True


def _on_ground(image: Image.Image, colour: tuple[int, int, int]) -> tuple[Image.Image, bool]:
    """Put an image on a ground, in RGB; returns also whether the ground shows through anywhere."""
    with_alpha = image.convert("RGBA")
    alpha = with_alpha.getchannel("A")
    darkest = alpha.getextrema()[0]
    ground = Image.new("RGB", image.size, colour)
    ground.paste(with_alpha, mask=alpha)
    return ground, isinstance(darkest, int | float) and darkest < 255


def _bits(image: Image.Image) -> int:
    """Bits per sample: those that a TIFF file declares, which may be 12; else 16."""
    found = getattr(image, "tag_v2", {}).get(258, 16)
    first = found[0] if isinstance(found, tuple) else found
    return first if isinstance(first, int) and 8 <= first <= 16 else 16


def _bytes(image: Image.Image, bits: int) -> Image.Image:
    """Convert an image of more than 8 bits to one of 8, scaling its range to 0 to 255."""
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

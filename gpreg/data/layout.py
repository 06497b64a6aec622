"""Recognise the order of axes and the range of the user's images and vectors, and convert them."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gpreg.errors import DataError

Array = npt.NDArray[Any]

Layout = Literal["channels first", "channels last", "grey", "vector"]
"""The order of the axes of one sample: ``(C, H, W)``, ``(H, W, C)``, ``(H, W)`` or ``(d,)``."""

CHANNELS = (1, 3)
"""Sizes that an axis of channels may have."""

WANTED = "images (channels, height, width) of uint8 or floats, or vectors (d,) of numbers"


def layout_of(shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Layout | None:
    """The layout of a sample; ``None`` if it is neither an image nor a vector of numbers.

    Images are uint8 or floats, with two axes (grey) or three. Of three axes, channels are the last if its size is 1 or
    3 and that of the first is not; else the first. Vectors have any real type.
    """
    if len(shape) == 1 and dtype.kind in "uif":
        return "vector"
    if dtype != np.uint8 and dtype.kind != "f":
        return None
    if len(shape) == 3:
        return "channels last" if shape[2] in CHANNELS and shape[0] not in CHANNELS else "channels first"
    return "grey" if len(shape) == 2 else None


def arranged(x: Array, layout: Layout) -> Array:
    """Reorder the axes of images ``(N, ...)`` to ``(N, C, H, W)``; vectors are returned as they are."""
    if layout == "channels last":
        return np.moveaxis(x, -1, 1)
    return x[:, None] if layout == "grey" else x


def finite(x: Array, name: str) -> Tensor:
    """Convert numbers to float32.

    Raises:
        DataError: some are not finite.
    """
    with np.errstate(over="ignore"):  # reported below
        values = torch.from_numpy(np.ascontiguousarray(x, np.float32))
    if not values.isfinite().all():
        raise DataError(
            f"{name} has values that are not finite in float32", remedy="remove or replace them, or scale them down"
        )
    return values


def guessed_span(low: float, high: float, name: str, notes: list[str]) -> tuple[float, float]:
    """The range of float images without the option ``span``: (-1, 1), with a note, if some are below 0, else (0, 1)."""
    if -1 <= low < 0 and high <= 1:
        notes.append(f"{name} spans {low:g} to {high:g} and is taken to be of the range -1 to 1 (option span)")
        return -1.0, 1.0
    return 0.0, 1.0


def refuse_beyond(images: Tensor, span: tuple[float, float], name: str) -> None:
    """Refuse images with values outside of their stated range.

    Raises:
        DataError: there are such values; the message has the range that was found.
    """
    low, high = images.min().item(), images.max().item()
    if low < span[0] or high > span[1]:
        raise DataError(
            f"{name} spans {low:g} to {high:g}, and the option span says {span[0]:g} to {span[1]:g}",
            remedy="give the option span=LOW,HIGH (-D span=LOW,HIGH)",
        )


def to_units(images: Tensor, span: tuple[float, float]) -> Tensor:
    """Scale images from their range to [0, 1]; those that are of this range are returned as they are."""
    return images if span == (0, 1) else images.sub(span[0]).div_(span[1] - span[0])

"""Images and vectors in the order and the range that somebody has them in, and how they become those of a run."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gpreg.errors import DataError

Array = npt.NDArray[Any]

Layout = Literal["channels first", "channels last", "grey", "vector"]
"""Of one sample: ``(C, H, W)``, ``(H, W, C)``, ``(H, W)`` or ``(d,)``."""

CHANNELS = (1, 3)
"""How many a last axis may have to be taken for channels, if the first of a sample has another number."""

WANTED = "images (channels, height, width) of uint8 or floats, or vectors (d,) of numbers"


def layout_of(shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Layout | None:
    """What one sample is taken for; ``None``: it is neither an image nor a vector of numbers.

    Images are uint8 or floats of three axes, channels first; channels last if the last axis has 1 or 3 and the first
    has not; or of two axes, grey. Vectors are of any real type.
    """
    if len(shape) == 1 and dtype.kind in "uif":
        return "vector"
    if dtype != np.uint8 and dtype.kind != "f":
        return None
    if len(shape) == 3:
        return "channels last" if shape[2] in CHANNELS and shape[0] not in CHANNELS else "channels first"
    return "grey" if len(shape) == 2 else None


def arranged(x: Array, layout: Layout) -> Array:
    """Samples ``(N, ...)`` of a layout as ``(N, C, H, W)``, or vectors as they are."""
    if layout == "channels last":
        return np.moveaxis(x, -1, 1)
    return x[:, None] if layout == "grey" else x


def finite(x: Array, name: str) -> Tensor:
    """Numbers in float32.

    Raises:
        DataError: some are not finite.
    """
    with np.errstate(over="ignore"):  # told below
        values = torch.from_numpy(np.ascontiguousarray(x, np.float32))
    if not values.isfinite().all():
        raise DataError(
            f"{name} has values that are not finite in float32", remedy="remove or replace them, or scale them down"
        )
    return values


def guessed_span(low: float, high: float, name: str, notes: list[str]) -> tuple[float, float]:
    """What floats of images span if nobody says so: -1 to 1 if some are below 0, which is noted; else 0 to 1."""
    if -1 <= low < 0 and high <= 1:
        notes.append(f"{name} spans {low:g} to {high:g} and is taken to be of the range -1 to 1 (option span)")
        return -1.0, 1.0
    return 0.0, 1.0


def refuse_beyond(images: Tensor, span: tuple[float, float], name: str) -> None:
    """Refuse images that go beyond what they are said to span.

    Raises:
        DataError: with what they span.
    """
    low, high = images.min().item(), images.max().item()
    if low < span[0] or high > span[1]:
        raise DataError(
            f"{name} spans {low:g} to {high:g}, and the option span says {span[0]:g} to {span[1]:g}",
            remedy="give the option span=LOW,HIGH (-D span=LOW,HIGH)",
        )


def to_units(images: Tensor, span: tuple[float, float]) -> Tensor:
    """Images of a span as values in [0, 1], in place."""
    return images.sub_(span[0]).div_(span[1] - span[0])

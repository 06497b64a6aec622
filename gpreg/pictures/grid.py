"""Put images of a tensor side by side in the pixels of one picture."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from gpreg.errors import UsageError

Pixels = NDArray[np.uint8]
"""``(height, width, 3)``, or ``(height, width)`` for grey, of uint8."""

VISIBLE = 64
"""The size in pixels to which small images are enlarged, approximately."""

_NOT_FINITE = (208, 59, 59)


def grid(images: Tensor, columns: int | None = None, *, pad: int = 2, scale: int | None = None) -> Pixels:
    """Images side by side, row by row, on white.

    Args:
        images: ``(N, C, H, W)`` in [0, 1], with C = 1 or 3; other values are clipped, and pixels that are not finite
            are red.
        columns: number of images in a row; ``None``: such that the grid is nearly square, rather wide than tall.
        pad: width in pixels of the white border around each image.
        scale: whole factor by which each image is enlarged, without interpolation; ``None``: to about 64 pixels.

    Returns:
        ``(H', W', 3)``.

    Raises:
        UsageError: there is no image, or images are of another shape.
    """
    tiles = torch.from_numpy(pixels(images)).permute(0, 3, 1, 2)
    n, _, height, width = tiles.shape
    factor = max(1, round(VISIBLE / max(height, width))) if scale is None else scale
    columns = min(n, math.ceil(math.sqrt(n)) if columns is None else columns)
    if factor < 1 or columns < 1 or pad < 0:
        raise UsageError(f"columns={columns}, scale={factor}, pad={pad}: columns and scale must be >= 1, pad >= 0")
    rows = math.ceil(n / columns)
    tiles = interpolate(tiles, scale_factor=factor, mode="nearest") if factor > 1 else tiles
    height, width = height * factor + pad, width * factor + pad
    canvas = torch.full((3, rows * height + pad, columns * width + pad), 255, dtype=torch.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * height + pad, index % columns * width + pad
        canvas[:, top : top + tile.shape[1], left : left + tile.shape[2]] = tile
    return np.ascontiguousarray(canvas.permute(1, 2, 0).numpy())


def pixels(images: Tensor) -> Pixels:
    """Convert images ``(N, C, H, W)`` in [0, 1] to ``(N, H, W, 3)`` of uint8, rounded to the nearest.

    Raises:
        UsageError: there is no image, or images are of another shape.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3) or not images.numel():
        raise UsageError(f"images are of shape {tuple(images.shape)}; expected (N, 1 or 3, H, W) with N >= 1")
    images = images.detach().to("cpu", torch.float32)
    finite = images.isfinite().all(1, keepdim=True)
    rgb = (images.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8).expand(-1, 3, -1, -1)
    if not bool(finite.all()):
        rgb = rgb.where(finite, torch.tensor(_NOT_FINITE, dtype=torch.uint8).view(1, 3, 1, 1))
    return np.ascontiguousarray(rgb.permute(0, 2, 3, 1).numpy())


def to_unit(images: Tensor, value_range: tuple[float, float] | None) -> Tensor:
    """Scale images to [0, 1], and clip them.

    Args:
        images: images of any shape.
        value_range: the values that become 0 and 1; ``None``: the smallest and largest finite value of this batch, so
            that two batches are not comparable.
    """
    if value_range is None:
        finite = images[images.isfinite()]
        low, high = (finite.min(), finite.max()) if finite.numel() else (0.0, 1.0)
        span = high - low if high > low else 1.0
    else:
        low, high = value_range
        span = high - low
    return ((images - low) / span).clamp(0, 1)

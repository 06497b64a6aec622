"""Shifts of images by whole pixels, and flips: exact, and as far as the device is concerned only another order."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional


def shifted(x: Tensor, down: Tensor, right: Tensor, *, fill: Literal["reflect", "constant"], value: float) -> Tensor:
    """Each image shifted by its own number of pixels.

    Args:
        x: ``(B, channels, height, width)``.
        down, right: pixels, ``(B,)`` of int64, either sign.
        fill: what comes in at the borders: ``"reflect"``: the image, mirrored at the middle of its outermost pixels;
            ``"constant"``: the value.
        value: the constant.

    >>> row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    >>> one = torch.tensor([1])
    >>> shifted(row, 0 * one, one, fill="reflect", value=0.0)
    tensor([[[[2., 1., 2.]]]])
    """
    return _along(_along(x, down, 2, fill, value), right, 3, fill, value)


def flipped(x: Tensor, which: Tensor) -> Tensor:
    """The images of a mask ``(B,)`` flipped horizontally."""
    return torch.where(which.view(-1, 1, 1, 1), x.flip(3), x)


def _along(x: Tensor, by: Tensor, dim: int, fill: str, value: float) -> Tensor:
    size = x.shape[dim]
    place = torch.arange(size, device=x.device) - by[:, None]  # where each pixel of the new image comes from
    if fill == "reflect":
        period = max(2 * (size - 1), 1)
        place = place.remainder(period)
        place = torch.minimum(place, period - place) if size > 1 else place
    else:  # one pixel of the constant on either side stands for all that are outside
        x = functional.pad(x, (0, 0, 1, 1) if dim == 2 else (1, 1, 0, 0), value=value)
        place = (place + 1).clamp(0, size + 1)
    shape = [len(x), 1, 1, 1]
    shape[dim] = size
    return x.gather(dim, place.view(shape).expand(*x.shape[:dim], size, *x.shape[dim + 1 :]))

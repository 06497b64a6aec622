"""Affine maps of the plane, one for each image, in homogeneous coordinates ``(right, down, 1)``."""

import torch
from torch import Tensor


def scaling(right: Tensor, down: Tensor) -> Tensor:
    """``(B, 3, 3)``: each coordinate times its factor, ``(B,)``."""
    zero = torch.zeros_like(right)
    return _matrix((right, zero, zero), (zero, down, zero))


def rotation(cos: Tensor, sin: Tensor) -> Tensor:
    """``(B, 3, 3)``: the rotation with this cosine and sine, ``(B,)``, from right to down."""
    zero = torch.zeros_like(cos)
    return _matrix((cos, -sin, zero), (sin, cos, zero))


def translation(right: Tensor, down: Tensor) -> Tensor:
    """``(B, 3, 3)``: the coordinates plus these, ``(B,)``."""
    zero, one = torch.zeros_like(right), torch.ones_like(right)
    return _matrix((one, zero, right), (zero, one, down))


def product(first: Tensor, second: Tensor) -> Tensor:
    """``first second``, ``(B, 3, 3)``, written out, since matrix products may be rounded to TF32."""
    return (first[..., None] * second[:, None]).sum(2)


def _matrix(first: tuple[Tensor, ...], second: tuple[Tensor, ...]) -> Tensor:
    zero, one = torch.zeros_like(first[0]), torch.ones_like(first[0])
    return torch.stack([*first, *second, zero, zero, one], 1).view(-1, 3, 3)

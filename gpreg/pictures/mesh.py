"""A mesh on a rectangle of the plane, and the critic's values and gradients on it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpreg.errors import UsageError

Critic = Callable[[Tensor], Tensor]
"""``(B, 2) -> (B,)``. Put a network into evaluation mode first: in training mode, drawing would change its buffers."""

Limits = tuple[float, float, float, float]
"""Left, right, bottom, top."""

Floats = NDArray[np.float64]

MARGIN = 0.25
"""Share of the samples' extent that is shown beyond them on each side."""

CHUNK = 1024
"""Most points in one call of the critic, so that memory does not grow with the resolution."""


@dataclass(frozen=True)
class Mesh:
    """``resolution`` x ``resolution`` points, evenly spaced over ``limits``, borders included."""

    limits: Limits
    resolution: int = 128

    def __post_init__(self) -> None:
        left, right, bottom, top = self.limits
        if not (left < right and bottom < top and all(map(math.isfinite, self.limits))):
            raise UsageError(f"limits are {self.limits}; expected finite left < right and bottom < top")
        if self.resolution < 2:
            raise UsageError(f"the resolution is {self.resolution}; it must be >= 2")

    @property
    def axes(self) -> tuple[Floats, Floats]:
        """The columns' x and the rows' y, ``(resolution,)`` each."""
        left, right, bottom, top = self.limits
        return np.linspace(left, right, self.resolution), np.linspace(bottom, top, self.resolution)

    def points(self, device: torch.device | str = "cpu") -> Tensor:
        """``(resolution^2, 2)``, row by row from the bottom."""
        x, y = (torch.from_numpy(axis).float().to(device) for axis in self.axes)
        return torch.cartesian_prod(y, x).flip(1)

    def values(self, critic: Critic, device: torch.device | str = "cpu") -> Floats:
        """The critic's value at each point, ``(rows, columns)``."""
        with torch.no_grad():
            parts = [critic(part).reshape(len(part)).cpu() for part in torch.split(self.points(device), CHUNK)]
        return torch.cat(parts).double().numpy().reshape(self.resolution, self.resolution)

    def gradients(self, critic: Critic, device: torch.device | str = "cpu") -> Floats:
        """The critic's gradient at each point, ``(rows, columns, 2)``."""
        field = gradient_field(critic, self.points(device)).cpu()
        return field.double().numpy().reshape(self.resolution, self.resolution, 2)


def gradient_field(critic: Critic, points: Tensor) -> Tensor:
    """The critic's gradient at each point, ``(n, d) -> (n, d)``; the ``grad`` of parameters is not changed."""
    parts = []
    with torch.enable_grad():
        for part in torch.split(points.detach(), CHUNK):
            inputs = part.requires_grad_()
            (field,) = torch.autograd.grad(critic(inputs).sum(), inputs)
            parts.append(field)
    return torch.cat(parts)


def square_limits(real: Tensor) -> Limits:
    """A square about the real samples, with a quarter of their larger extent added on each side.

    It depends on the real samples only, and is rounded to a tenth of its size, so that it hardly moves between draws.

    Args:
        real: ``(n, 2)``.
    """
    low, high = real.detach().cpu().double().aminmax(dim=0)
    if not bool((high - low).isfinite().all()):
        raise UsageError("the samples to be shown are not finite; limits= says which part of the plane to show")
    extent = float((high - low).max()) or 1.0
    half = (0.5 + MARGIN) * extent
    unit = 10.0 ** math.floor(math.log10(half)) / 10
    half = math.ceil(half / (2 * unit)) * 2 * unit
    x, y = (round(float(c) / (2 * unit)) * 2 * unit for c in (low + high) / 2)
    return (x - half, x + half, y - half, y + half)

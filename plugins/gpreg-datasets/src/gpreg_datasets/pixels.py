"""From bytes to the range that an architecture works in."""

import torch
from torch import Tensor

DEFAULT_RANGE = (-1.0, 1.0)
"""What images are scaled to unless an architecture wants otherwise."""


def scale_pixels(pixels: Tensor, value_range: tuple[float, float]) -> Tensor:
    """``low + (high - low) * pixels / 255`` in float32; 0 becomes ``low`` and 255 ``high``, exactly.

    Args:
        pixels: any shape, uint8.
        value_range: ``(low, high)``.
    """
    return scale_units(pixels.to(torch.float32).div_(255), value_range)


def scale_units(units: Tensor, value_range: tuple[float, float]) -> Tensor:
    """``low + (high - low) * units`` for values in [0, 1]; both ends exactly."""
    # lerp, unlike a product and a sum, is exact at both ends; filling on the device spares a copy from the host.
    low, high = (torch.full((), end, dtype=units.dtype, device=units.device) for end in value_range)
    return torch.lerp(low, high, units)

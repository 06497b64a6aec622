"""From bytes to the range that an architecture works in."""

import torch
from torch import Tensor

DEFAULT_RANGE = (-1.0, 1.0)
"""What images are scaled to unless an architecture wants otherwise."""


PIXEL_RULE = 255
"""What bytes are divided by unless the options say otherwise."""


def scale_pixels(pixels: Tensor, value_range: tuple[float, float], rule: int = PIXEL_RULE) -> Tensor:
    """``low + (high - low) * pixels / rule`` in float32; 0 becomes ``low``, exactly, and so does 255 ``high`` by 255.

    By the rule 256, byte x is the lower end of the x-th of 256 equal parts of the range, and 255 stays one part below
    ``high``: uniform noise as wide as a part then fills the range and nothing beyond, as in the code of Gulrajani et
    al. (2017), ``2 (x / 256 - 1/2) + U(0, 1/128)``.

    Args:
        pixels: any shape, uint8.
        value_range: ``(low, high)``.
        rule: 255 or 256.
    """
    return scale_units(pixels.to(torch.float32).div_(rule), value_range)


def scale_units(units: Tensor, value_range: tuple[float, float]) -> Tensor:
    """``low + (high - low) * units`` for values in [0, 1]; both ends exactly."""
    # lerp, unlike a product and a sum, is exact at both ends; filling on the device spares a copy from the host.
    low, high = (torch.full((), end, dtype=units.dtype, device=units.device) for end in value_range)
    return torch.lerp(low, high, units)

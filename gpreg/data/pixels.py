"""Scale pixels to the value range of an architecture."""

import torch
from torch import Tensor

DEFAULT_RANGE = (-1.0, 1.0)
"""Range to which images are scaled if the architecture states none."""


PIXEL_RULE = 255
"""The number by which bytes are divided by default."""


def scale_pixels(pixels: Tensor, value_range: tuple[float, float], rule: int = PIXEL_RULE) -> Tensor:
    """Scale bytes to a range, ``low + (high - low) * pixels / rule`` in float32.

    With rule 255, the bytes 0 and 255 become exactly ``low`` and ``high``. With rule 256, byte x becomes the lower end
    of the x-th of 256 equal parts of the range. Uniform noise as wide as a part then fills the range exactly, as in
    the code of Gulrajani et al. (2017), ``2 (x / 256 - 1/2) + U(0, 1/128)``.

    Args:
        pixels: uint8 of any shape.
        value_range: ``(low, high)``.
        rule: 255 or 256.
    """
    return scale_units(pixels.to(torch.float32).div_(rule), value_range)


def scale_units(units: Tensor, value_range: tuple[float, float]) -> Tensor:
    """Scale values in [0, 1] to a range, ``low + (high - low) * units``; 0 and 1 become exactly its ends."""
    low, high = value_range
    # lerp, unlike a product and a sum, is exact at both ends. It is several times faster if only one of the ends is a
    # single number, and filling a tensor on the device saves a copy to it.
    return torch.full_like(units, low).lerp_(torch.full((), high, dtype=units.dtype, device=units.device), units)

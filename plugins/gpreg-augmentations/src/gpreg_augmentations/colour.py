"""The colour transformations of ADA, composed to one affine map for each image."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from gpreg_augmentations.draws import Draws


class Colour:
    """Brightness, contrast, luma flip, hue and saturation, in this order, each switched on with its multiplier times p.

    With v the direction of grey, ``(1, ..., 1) / sqrt(channels)``, for pixels in [-1, 1]: ``x + 0.2 n``; ``x`` times
    ``2^(0.5 n)``; ``x - 2 v (v.x)`` with probability 1/2 once it is switched on; a rotation about v by U(-pi, pi); the
    part orthogonal to v times ``2^n``; n ~ N(0, 1). Of one channel that leaves brightness, contrast and the flip, which
    then is ``-x``. Rotations about one axis are those of three channels; with another number of channels there is no
    hue.

    Args:
        multipliers: by the name of the transformation.
    """

    def __init__(self, multipliers: Mapping[str, float]) -> None:
        self._multipliers = multipliers

    def draw(self, draws: Draws, p: Tensor, channels: int) -> tuple[Tensor, Tensor]:
        """The map of each image: what the channels are multiplied by, ``(B, C, C)``, and what is added, ``(B,)``.

        It is the identity, exactly, where nothing is switched on.
        """
        of = {name: multiplier * p for name, multiplier in self._multipliers.items()}
        added = torch.where(draws.chosen(of["brightness"]), 0.2 * draws.normal(), 0)
        contrast = torch.where(draws.chosen(of["contrast"]), 0.5 * draws.normal(), 0).exp2()
        side = torch.where(draws.chosen(of["lumaflip"]), 1 - 2 * draws.whole(0, 1), 1)
        angle = torch.where(draws.chosen(of["hue"]), draws.uniform(-math.pi, math.pi), 0)
        saturation = torch.where(draws.chosen(of["saturation"]), draws.normal(), 0).exp2()
        of_grey, of_colour = contrast * side, contrast * saturation
        grey = torch.full((channels, channels), 1 / channels, dtype=added.dtype, device=added.device)
        matrix = of_colour[:, None, None] * _hues(angle, channels) + (of_grey - of_colour)[:, None, None] * grey
        return matrix, of_grey * added


def _hues(angle: Tensor, channels: int) -> Tensor:
    """The rotation about the direction of grey, by Rodrigues' formula, ``(B, C, C)``."""
    unit = torch.eye(channels, dtype=angle.dtype, device=angle.device).expand(len(angle), -1, -1)
    if channels != 3:
        return unit
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    across = (unit.roll(1, 1) - unit.roll(-1, 1)) / math.sqrt(3)  # the cross product with the direction of grey
    return cos * unit + sin * across + (1 - cos) / 3


def recoloured(x: Tensor, matrix: Tensor, added: Tensor, *, middle: float, unit: float) -> Tensor:
    """Apply a map of colours in [-1, 1] to pixels about a middle, ``(B, C, height, width)``.

    Products and sums are written out, so that the identity remains one where matrix products are rounded to TF32.

    Args:
        x: the images.
        matrix: ``(B, C, C)``.
        added: ``(B,)``.
        middle, unit: the middle of the pixels' range, and half its length.
    """
    kept = middle * (1 - matrix.sum(2, keepdim=True)) + unit * added[:, None, None]
    return ((matrix[..., None] * x.flatten(2)[:, None]).sum(2) + kept).view_as(x)

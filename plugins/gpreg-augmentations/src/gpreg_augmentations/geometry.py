"""The geometric transformations of ADA, composed to one affine map for each image."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from gpreg_augmentations.affine import product, rotation, scaling, translation
from gpreg_augmentations.draws import Draws

STEP = 0.2
"""Standard deviation of the logarithm to base 2 of a scale."""
SHIFT = 0.125
"""The largest shift by whole pixels, and the standard deviation of one by parts of them, in widths and heights."""


class Geometry:
    """Flip, quarter turn, shift, scaling, rotation, stretching, rotation again and another shift, in this order.

    Each is switched on for an image with its multiplier times p. As images are looked up, maps are the inverse ones,
    ``(B, 3, 3)``: from homogeneous coordinates ``(right, down, 1)`` of the changed image to those of the given one, in
    pixels from the centre. That of the first transformation is therefore the leftmost factor.

    Args:
        multipliers: by the name of the transformation.
    """

    def __init__(self, multipliers: Mapping[str, float]) -> None:
        self._multipliers = multipliers

    def draw(self, draws: Draws, p: Tensor, height: int, width: int) -> Tensor:
        """The map of each image; the identity, exactly, where nothing is switched on."""
        of = {name: multiplier * p for name, multiplier in self._multipliers.items()}
        once = 1 - (1 - of["rotate"]).sqrt()  # of two rotations, so that one of them is on with the probability asked
        inverse = _flip(draws, of["xflip"])
        for step in (
            _quarter_turn(draws, of["rotate90"]),
            _whole_shift(draws, of["xint"], height, width),
            _zoom(draws, of["scale"]),
            _rotate(draws, once),
            _stretch(draws, of["aniso"]),
            _rotate(draws, once),
            _shift(draws, of["xfrac"], height, width),
        ):
            inverse = product(inverse, step)
        return inverse


def _flip(draws: Draws, p: Tensor) -> Tensor:
    """Right and left change places, with probability 1/2 once it is switched on."""
    side = 1 - 2 * draws.whole(0, 1)
    right = torch.where(draws.chosen(p), side, 1).to(p.dtype)
    return scaling(right, torch.ones_like(right))


def _quarter_turn(draws: Draws, p: Tensor) -> Tensor:
    """0 to 3 quarter turns, with equal probability, by whole numbers, so that no pixel is missed."""
    turns = torch.where(draws.chosen(p), draws.whole(0, 3), 0)
    odd = turns % 2
    return rotation(((1 - odd) * (1 - turns)).to(p.dtype), (odd * (2 - turns)).to(p.dtype))


def _whole_shift(draws: Draws, p: Tensor, height: int, width: int) -> Tensor:
    on = draws.chosen(p)
    right, down = (torch.where(on, (draws.uniform(-SHIFT, SHIFT) * size).round(), 0) for size in (width, height))
    return translation(-right, -down)


def _zoom(draws: Draws, p: Tensor) -> Tensor:
    smaller = torch.where(draws.chosen(p), -STEP * draws.normal(), 0).exp2()
    return scaling(smaller, smaller)


def _rotate(draws: Draws, p: Tensor) -> Tensor:
    angle = torch.where(draws.chosen(p), draws.uniform(-math.pi, math.pi), 0)
    return rotation(angle.cos(), angle.sin())


def _stretch(draws: Draws, p: Tensor) -> Tensor:
    """Longer by as much in one direction as it is shorter in the other."""
    exponent = torch.where(draws.chosen(p), STEP * draws.normal(), 0)
    return scaling((-exponent).exp2(), exponent.exp2())


def _shift(draws: Draws, p: Tensor, height: int, width: int) -> Tensor:
    on = draws.chosen(p)
    right, down = (torch.where(on, SHIFT * draws.normal() * size, 0) for size in (width, height))
    return translation(-right, -down)

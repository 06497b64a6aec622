"""The affine map of images, executed once, with reflection at the borders and a filter against aliasing."""

import torch
from torch import Tensor, nn

from gpreg_augmentations.wavelet import CENTRE, LOW_PASS

TAPS = len(LOW_PASS)


class Resampling(nn.Module):
    """``y(u) = x(M u)`` for an affine map M of pixel coordinates, another one for each image.

    As in Karras et al. (2020), Training Generative Adversarial Networks with Limited Data, Appendix B: the image is
    continued by reflection, sampled up by 2 with the wavelet's low-pass filter, looked up at the mapped positions by
    bilinear interpolation, and sampled down by 2 with the same filter.

    They reflect "just large enough" for the largest corner displacement in the batch, at most size - 1 pixels. To know
    it the host would have to wait for the device, so that size - 1 pixels are taken always, which gives the same
    values: what a smaller border lacks is out of the filters' reach.

    Reflection and filters are matrices, applied to rows and columns. Together with the lookup they are linear in the
    image, of operations that can be differentiated as often as one likes. (``grid_sample`` cannot be, twice, in every
    release of torch, nor by cuDNN.)

    Args:
        height, width: of the images.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        for name, size in (("rows", height), ("columns", width)):
            self.register_buffer(f"{name}_up", _up(size), persistent=False)
            self.register_buffer(f"{name}_down", _down(size), persistent=False)
            self.register_buffer(f"{name}_asked", _asked(size), persistent=False)

    def forward(self, x: Tensor, inverse: Tensor) -> Tensor:
        """Map a batch.

        Args:
            x: ``(B, channels, height, width)``.
            inverse: ``(B, 3, 3)``, from homogeneous coordinates ``(right, down, 1)`` of the new image to those of the
                given one, in pixels from its centre.
        """
        height, width = x.shape[2:]
        rows_up, rows_down, rows_asked = self._constants("rows", x)
        columns_up, columns_down, columns_asked = self._constants("columns", x)
        fine = rows_up @ x @ columns_up.T
        column, row = (
            line[:, 0] * columns_asked + line[:, 1] * rows_asked[:, None] + line[:, 2]
            for line in inverse[:, :2, :, None, None].unbind(1)
        )
        found = look_up(fine, 2 * row + 3 * (height - 1), 2 * column + 3 * (width - 1))
        return rows_down @ found @ columns_down.T

    def _constants(self, side: str, x: Tensor) -> list[Tensor]:
        return [self.get_buffer(f"{side}_{what}").to(x.dtype) for what in ("up", "down", "asked")]


def _up(size: int) -> Tensor:
    """From ``size`` pixels to the fine ones, two for each pixel of the image with its reflections."""
    reflected = 3 * size - 2
    matrix = torch.zeros(2 * reflected, size)
    for place in range(reflected):
        distance = abs(place - (size - 1))
        source = size - 1 - abs(size - 1 - distance)
        for tap, value in enumerate(LOW_PASS):
            fine = 2 * place + tap - CENTRE
            if 0 <= fine < len(matrix):
                matrix[fine, source] += 2 * value  # of the zeros in between the filter makes one half
    return matrix


def _down(size: int) -> Tensor:
    """From the fine pixels that were looked up to ``size`` pixels."""
    matrix = torch.zeros(size, 2 * size + TAPS - 2)
    for place in range(size):
        matrix[place, 2 * place : 2 * place + TAPS] = torch.tensor(LOW_PASS)
    return matrix


def _asked(size: int) -> Tensor:
    """Where the fine pixels are that the new image is made of, in pixels from the centre."""
    return (torch.arange(2 * size + TAPS - 2) - CENTRE) / 2 - (size - 1) / 2


def look_up(fine: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Bilinear interpolation, with zeros outside: ``(B, C, h, w)`` at ``(B, h', w')`` gives ``(B, C, h', w')``."""
    height, width = fine.shape[2:]
    top, left = row.floor(), column.floor()
    below, beside = row - top, column - left
    places, weights = [], []
    for down, down_weight in ((0, 1 - below), (1, below)):
        for right, right_weight in ((0, 1 - beside), (1, beside)):
            y, x = top + down, left + right
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            places.append(y.clamp(0, height - 1).long() * width + x.clamp(0, width - 1).long())
            weights.append(down_weight * right_weight * inside)
    place, weight = torch.stack(places, 1).flatten(1), torch.stack(weights, 1)
    corners = fine.flatten(2).gather(2, place[:, None].expand(-1, fine.shape[1], -1))
    return (corners.view(*fine.shape[:2], *weight.shape[1:]) * weight[:, None]).sum(2)

"""Layers of R3GAN (Huang et al., 2024): blocks without normalisation, resampling, and what the 4x4 stages begin with.

All layers compute in the dtype of their input, so that a network may have stages in bfloat16 and parameters in float32.
"""

import math
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EXPANSION = 2
"""How many times as many channels a block has inside."""

LINEAR_LAYERS = 3
"""Of a block; Fixup's exponent is ``-1 / (2 * 3 - 2)``."""

SLOPE = 0.2
"""Of the leaky ReLU."""

Weighted = TypeVar("Weighted", bound=nn.Module)


def scaled(layer: Weighted, gain: float = 1.0) -> Weighted:
    """The layer, with weights from ``N(0, (gain / sqrt(fan_in))^2)`` and zero biases.

    fan_in is the input channels of a group times the kernel's area; of a linear layer, its inputs.
    """
    weight, bias = layer.weight, getattr(layer, "bias", None)
    assert isinstance(weight, Tensor)
    nn.init.normal_(weight, std=gain / math.sqrt(weight[0].numel()))
    if bias is not None:
        nn.init.zeros_(bias)
    return layer


def residual_gain(blocks: int) -> float:
    """Gain of a block's first two convolutions in a network of so many blocks: ``sqrt(2 / (1 + 0.2^2)) blocks^(-1/4)``.

    The first factor is He et al.'s for the leaky ReLU (2015); the second is that of Fixup (Zhang et al., 2019), which
    keeps the sum of all blocks' updates as large as that of one.
    """
    rectifier = math.sqrt(2 / (1 + SLOPE**2))
    return float(rectifier * blocks ** (-1 / (2 * LINEAR_LAYERS - 2)))


class Conv2d(nn.Conv2d):
    """A convolution in the dtype of its input: weight and bias, if there is one, are cast to it."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return F.conv2d(x, self.weight.to(x.dtype), bias, self.stride, self.padding, self.dilation, self.groups)


class ResidualBlock(nn.Module):
    """``x + W3 lrelu(W2 lrelu(W1 x + b1) + b2)``: ``(B, c, h, w) -> (B, c, h, w)``.

    W1 and W3 are 1x1 convolutions, from c channels to 2c and back; W2 is 3x3 and goes by groups of channels. W3 is zero
    at first, so that the block starts as the identity. Source: Huang et al. (2024), reference code.

    Args:
        width: c.
        group_width: channels in a group, or 2c if that is less; divides 2c.
        gain: of W1 and W2.
    """

    def __init__(self, width: int, *, group_width: int, gain: float) -> None:
        super().__init__()
        hidden = EXPANSION * width
        groups = hidden // min(group_width, hidden)
        self.residual = nn.Sequential(
            scaled(Conv2d(width, hidden, 1), gain),
            nn.LeakyReLU(SLOPE),
            scaled(Conv2d(hidden, hidden, 3, padding=1, groups=groups), gain),
            nn.LeakyReLU(SLOPE),
            scaled(Conv2d(hidden, width, 1, bias=False), 0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add the residual."""
        added: Tensor = x + self.residual(x)
        return added


class Resampling(nn.Module):
    """Filters each channel with ``k k^T / 64``, ``k = (1, 3, 3, 1)``, which is ``(1, 2, 1)`` over pairs of pixels.

    All entries are multiples of 1/64 below 1, which bfloat16 has exactly.
    """

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", torch.outer(row, row), persistent=False)

    def _of_channels(self, x: Tensor, factor: int) -> Tensor:
        channels = x.shape[1]
        return (factor * self.kernel).to(x.dtype).expand(channels, 1, 4, 4)


class Downsample(Resampling):
    """``(B, c, 2h, 2w) -> (B, c, h, w)``: every second value of the filtered image, with zeros around it."""

    def forward(self, x: Tensor) -> Tensor:
        """Halve the size."""
        return F.conv2d(x, self._of_channels(x, 1), stride=2, padding=1, groups=x.shape[1])


class Upsample(Resampling):
    """``(B, c, h, w) -> (B, c, 2h, 2w)``: zeros between the values and around them, filtered, times 4."""

    def forward(self, x: Tensor) -> Tensor:
        """Double the size."""
        return F.conv_transpose2d(x, self._of_channels(x, 4), stride=2, padding=1, groups=x.shape[1])


def transition_up(before: int, after: int) -> list[nn.Module]:
    """To the next finer stage: a 1x1 convolution if the width changes, and then twice the size."""
    return [*_change(before, after), Upsample()]


def transition_down(before: int, after: int) -> list[nn.Module]:
    """To the next coarser stage: half the size, and then a 1x1 convolution if the width changes."""
    return [Downsample(), *_change(before, after)]


def _change(before: int, after: int) -> list[nn.Module]:
    return [] if before == after else [scaled(Conv2d(before, after, 1, bias=False))]


class GenerativeBasis(nn.Module):
    """``B * (M v)``, a learned 4x4 image for each channel times what the code says: ``(B, v) -> (B, c, 4, 4)``.

    Args:
        features: length v of the code.
        width: c.
    """

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.basis = nn.Parameter(torch.randn(width, 4, 4))
        self.linear = scaled(nn.Linear(features, width, bias=False))

    def forward(self, code: Tensor) -> Tensor:
        """Scale the basis."""
        amounts: Tensor = self.linear(code)
        return self.basis * amounts[..., None, None]


class DiscriminativeBasis(nn.Module):
    """A linear map of the product of each channel with a learned 4x4 image: ``(B, c, 4, 4) -> (B, d)``.

    Args:
        width: c.
        outputs: d.
    """

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.basis = scaled(Conv2d(width, width, 4, groups=width, bias=False))
        self.linear = scaled(nn.Linear(width, outputs, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Project."""
        projected: Tensor = self.linear(self.basis(x).flatten(1))
        return projected


class LabelMap(nn.Module):
    """A linear map without bias of the label as a unit vector: ``(B,) -> (B, features)``, a column of the weight.

    Args:
        classes: number of labels.
        features: length of the result.
        gain: of the initial weights.
    """

    def __init__(self, classes: int, features: int, gain: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(features, classes))
        scaled(self, gain)

    def forward(self, labels: Tensor) -> Tensor:
        """Choose columns."""
        return F.embedding(labels, self.weight.t())

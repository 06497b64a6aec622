"""Data on which metrics are checked: points of a known mixture, and small pictures with labels or without."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from gpreg.data import ArrayData
from gpreg.interfaces import Data, GaussianModes

SIZE = 1200
"""Number of samples of each kind; some metrics compare a thousand."""

SIDE = 8
"""Height and width of the pictures."""


@dataclass(frozen=True)
class Scored:
    """Data, with samples that a metric must like and others that it must not.

    Attributes:
        data: the data.
        alike: ``(N, *x)``, other samples of the data's law.
        unlike: ``(N, *x)``, noise that has nothing to do with the data.

    >>> points().alike.shape
    torch.Size([1200, 2])
    """

    data: Data
    alike: Tensor
    unlike: Tensor


@cache
def points() -> Scored:
    """Points of a mixture of eight Gaussians on a circle, whose modes are known; the noise fills a square."""
    angles = torch.arange(8) * (math.pi / 4)
    centres, rng = 2 * torch.stack([angles.cos(), angles.sin()], dim=1), torch.Generator().manual_seed(0)
    first, second = (
        centres[torch.randint(8, (SIZE,), generator=rng)] + 0.02 * torch.randn(SIZE, 2, generator=rng) for _ in range(2)
    )
    data = ArrayData(first)
    data.modes = GaussianModes(centres=centres, std=0.02)
    return Scored(data, second, 6 * torch.rand(SIZE, 2, generator=rng) - 3)


@cache
def pictures(channels: int, *, labelled: bool) -> Scored:
    """Noisy copies of ten patterns in each channel, as bytes; the label has a digit for the pattern of each channel."""
    rng = torch.Generator().manual_seed(1)
    patterns = 150 * torch.randint(2, (10, SIDE, SIDE), generator=rng) + 30

    def draw() -> tuple[Tensor, Tensor]:
        chosen = torch.randint(10, (SIZE, channels), generator=rng)
        noise = torch.randint(-25, 26, (SIZE, channels, SIDE, SIDE), generator=rng)
        values = 10 ** torch.arange(channels - 1, -1, -1)
        return (patterns[chosen] + noise).to(torch.uint8), (chosen * values).sum(1)

    (first, labels), (second, _) = draw(), draw()
    data = ArrayData(first, labels if labelled else None, classes=10**channels if labelled else None)
    noise = torch.randint(256, first.shape, generator=rng)
    return Scored(data, second / 127.5 - 1, noise / 127.5 - 1)


SCORED: Mapping[str, Callable[[], Scored]] = {
    "points": points,
    "grey pictures of 10 classes": lambda: pictures(1, labelled=True),
    "colour pictures": lambda: pictures(3, labelled=False),
    "colour pictures of 1000 classes": lambda: pictures(3, labelled=True),
}
"""What each kind of data is made by; a metric is checked on the first kind that it can score."""

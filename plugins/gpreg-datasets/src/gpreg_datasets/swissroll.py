"""The Swiss roll seen from its end: a noisy spiral in the plane."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpreg.interfaces import Data, DatasetSource, Opening
from gpreg_datasets.drawn import DrawnData, Law
from gpreg_datasets.options import PlanarOptions


@dataclass(frozen=True)
class Spiral(Law):
    """``scale * (t cos t, t sin t) + scale * noise * N(0, I)`` with t uniform on [1.5 pi, 4.5 pi].

    These are columns 0 and 2 of :func:`sklearn.datasets.make_swiss_roll`, drawn on the device.
    """

    noise: float
    scale: float
    dim: int = 2

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """``(n, 2)``."""
        t = torch.rand(n, generator=rng, device=rng.device).mul_(3 * math.pi).add_(1.5 * math.pi)
        points = torch.stack([t * t.cos(), t * t.sin()], dim=1)
        noise = torch.randn(n, 2, generator=rng, device=rng.device)
        return points.add_(noise, alpha=self.noise).mul_(self.scale)


class SwissRoll(DatasetSource):
    """The Swiss roll with noise .25, divided by 7.5 (Gulrajani et al., 2017); with ``0gp`` 10 times as large."""

    def __init__(self, options: PlanarOptions) -> None:
        self._law = Spiral(noise=0.25, scale={"gulrajani": 1.0, "0gp": 10.0}[options.convention] / 7.5)

    def open(self, opening: Opening) -> Data:
        """The law as data; there is nothing to read, and vectors are not scaled."""
        return DrawnData(self._law, split=opening.split)

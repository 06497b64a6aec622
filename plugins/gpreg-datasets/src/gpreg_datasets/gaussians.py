"""Mixtures of Gaussians on a circle and on a grid, in the scales of two papers.

``gulrajani`` is the toy data of Gulrajani et al. (2017), whose points are divided by about their standard deviation.
``0gp`` is that of Thanh-Tung et al. (2019), whose code multiplies the *centres* of the 8 Gaussians by 5 (radius 10
instead of 2, before the division) and leaves their spread alone, but multiplies the 25 Gaussians as a whole by 10.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from gpreg.interfaces import Data, DatasetSource, GaussianModes, Opening
from gpreg_datasets.drawn import DrawnData, Law
from gpreg_datasets.options import PlanarOptions


@dataclass(frozen=True)
class GaussianMixture(Law):
    """The mixture of N(centres[k], std^2 I) with equal weights; ``centres`` is ``(K, dim)``."""

    centres: Tensor
    std: float

    @property
    def dim(self) -> int:  # type: ignore[override] # read-only here
        """Number of coordinates."""
        return self.centres.shape[1]

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw ``(n, dim)`` samples."""
        chosen = torch.randint(len(self.centres), (n,), generator=rng, device=rng.device)
        noise = torch.randn(n, self.dim, generator=rng, device=rng.device)
        return self.centres.index_select(0, chosen).add_(noise, alpha=self.std)

    def to(self, device: torch.device | str) -> Self:
        """The law with its centres on ``device``."""
        return replace(self, centres=self.centres.to(device))


class MixtureSource(DatasetSource):
    """A dataset of a mixture of Gaussians in the plane, drawn without end."""

    def __init__(self, mixture: GaussianMixture) -> None:
        self._mixture = mixture

    def open(self, opening: Opening) -> Data:
        """The mixture as data; there is nothing to read, and vectors are not scaled."""
        modes = GaussianModes(centres=self._mixture.centres, std=self._mixture.std)
        return DrawnData(self._mixture, split=opening.split, modes=modes)


class EightGaussians(MixtureSource):
    """Eight Gaussians with centres on a circle, at multiples of 45 degrees.

    ``gulrajani``: radius 2 / 1.414, standard deviation .02 / 1.414. ``0gp``: radius 10 / 1.414, the same deviation.
    """

    def __init__(self, options: PlanarOptions) -> None:
        radius = {"gulrajani": 2.0, "0gp": 10.0}[options.convention] / 1.414
        angles = [k * math.pi / 4 for k in range(8)]
        centres = torch.tensor([[radius * math.cos(a), radius * math.sin(a)] for a in angles])
        super().__init__(GaussianMixture(centres, 0.02 / 1.414))


class TwentyFiveGaussians(MixtureSource):
    """25 Gaussians with centres on a grid of 5 by 5 about the origin.

    ``gulrajani``: spacing 2 / 2.828, standard deviation .05 / 2.828 (the authors drew 100 000 points once; here they
    are drawn without end). ``0gp``: both times 10.
    """

    def __init__(self, options: PlanarOptions) -> None:
        scale = {"gulrajani": 1.0, "0gp": 10.0}[options.convention] / 2.828
        centres = torch.tensor([[2 * scale * x, 2 * scale * y] for x in range(-2, 3) for y in range(-2, 3)])
        super().__init__(GaussianMixture(centres, 0.05 * scale))

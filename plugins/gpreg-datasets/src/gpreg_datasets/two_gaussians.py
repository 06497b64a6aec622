"""Two overlapping Gaussians, one of real and one of fake samples, of which a few fixed points are given.

The experiment on overfitting of Thanh-Tung et al. (2019), Figure 1: a critic trained on 100 fixed points of each is
compared with the optimal discriminator of the laws themselves.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from gpreg.data.arrays import ArrayData
from gpreg.interfaces import Data, DatasetSource, Densities, Opening
from gpreg.interfaces.dataset import Split
from gpreg_datasets.drawn import DrawnData, Law
from gpreg_datasets.options import TwoGaussiansOptions


@dataclass(frozen=True)
class CorrelatedGaussian(Law):
    """A Gaussian in the plane with unit variances: ``mean`` and ``correlation``."""

    mean: tuple[float, float]
    correlation: float
    dim: int = 2

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """``(n, 2)``."""
        first, noise = torch.randn(2, n, generator=rng, device=rng.device)
        second = self.correlation * first + (1 - self.correlation**2) ** 0.5 * noise
        return torch.stack([first + self.mean[0], second + self.mean[1]], dim=1)

    @property
    def covariance(self) -> list[list[float]]:
        """The covariance matrix."""
        return [[1.0, self.correlation], [self.correlation, 1.0]]

    def log_density(self, x: Tensor) -> Tensor:
        """The logarithm of the density, ``(B, 2) -> (B,)``."""
        mean, covariance = (
            torch.tensor(value, dtype=x.dtype, device=x.device) for value in (self.mean, self.covariance)
        )
        log_density: Tensor = MultivariateNormal(mean, covariance).log_prob(x)
        return log_density


LAWS = (CorrelatedGaussian((0.4, 0.9), 0.5), CorrelatedGaussian((1.3, 1.2), 0.7))
"""The first and the second law of the paper's code."""


class TwoGaussians(DatasetSource):
    """A dataset of one of two Gaussians, p_d; the other is p_g.

    Attributes:
        real, fake: the two laws.
        densities: those of both.
    """

    def __init__(self, options: TwoGaussiansOptions) -> None:
        self._options = options
        self._side = ("first", "second").index(options.real)
        self.real, self.fake = LAWS[self._side], LAWS[1 - self._side]
        self.densities = Densities(real=self.real.log_density, fake=self.fake.log_density)

    def optimal_discriminator(self, x: Tensor) -> Tensor:
        """``p_d / (p_d + p_g)``, ``(B, 2) -> (B,)`` (Goodfellow et al., 2014, Proposition 1)."""
        return self.densities.optimal_discriminator(x)

    def opponent(self) -> "TwoGaussians":
        """The dataset with the two laws swapped, whose samples are the fake ones."""
        return TwoGaussians(replace(self._options, real=("second", "first")[self._side]))

    def open(self, opening: Opening) -> Data:
        """The fixed samples, or the law as data; there is nothing to read, and vectors are not scaled."""
        data: Data
        if self._options.points is None:
            data = DrawnData(self.real, split=opening.split, key=self._side)
        else:
            data = ArrayData(torch.from_numpy(self._fixed_sample(opening.split, self._options.points)))
        data.densities = self.densities
        return data

    def _fixed_sample(self, split: Split, points: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        # NumPy's frozen legacy generator, and this order, give the very points of the paper's code for seed 0.
        state = np.random.RandomState(self._options.seed)
        draws = [state.multivariate_normal(law.mean, law.covariance, points) for _ in ("train", "test") for law in LAWS]
        return draws[2 * ("train", "test").index(split) + self._side].astype(np.float32)

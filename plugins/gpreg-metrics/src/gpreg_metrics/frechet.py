"""The Fréchet distance of two Gaussians, computed from their moments."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Mean ``(F,)`` and unbiased covariance ``(F, F)`` of ``count`` features, in float64."""

    count: int
    mean: Tensor
    covariance: Tensor


class RunningMoments:
    """Moments of features that come in batches and are not kept.

    The sum of squared deviations is updated by batches without cancellation (Chan, Golub and LeVeque, 1983):
    ``S <- S + S_batch + (n b / (n + b)) d d^T`` with d the difference of the means of n old and b new features.

    Attributes:
        count: number of features so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = self._scatter = torch.empty(0)

    def add(self, features: Tensor) -> None:
        """Add a batch of features ``(b, F)``, with b at least 1."""
        batch = features.detach().cpu().double()
        if not self.count:
            width = batch.shape[1]
            self._mean, self._scatter = batch.new_zeros(width), batch.new_zeros(width, width)
        mean, new, total = batch.mean(dim=0), len(batch), self.count + len(batch)
        difference = mean - self._mean
        between = difference * math.sqrt(self.count * new / total)
        deviations = torch.cat([batch - mean, between[None]])  # one product for both terms
        self._scatter.addmm_(deviations.T, deviations)
        self._mean += difference * (new / total)
        self.count = total

    def moments(self) -> Moments:
        """The moments of all features added, of which there must be at least two."""
        return Moments(count=self.count, mean=self._mean, covariance=self._scatter / (self.count - 1))


def frechet_distance(x: Moments, y: Moments) -> float:
    """``|m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^{1/2})``, the squared 2-Wasserstein distance of two Gaussians.

    The trace of ``(C_x C_y)^{1/2}`` is computed as the sum of the singular values of ``C_x^{1/2} C_y^{1/2}``, with
    symmetric roots, whose eigenvalues below zero, due to rounding, are set to zero. That avoids the root of a matrix
    that is not symmetric, and is exact also for singular covariances, as with fewer samples than features. The result
    is clipped at 0.

    Source: Dowson and Landau (1982), equation 16; Heusel et al. (2017), equation 6.
    """
    difference = x.mean - y.mean
    overlap = torch.linalg.svdvals(_root(x.covariance) @ _root(y.covariance)).sum()
    traces = x.covariance.trace() + y.covariance.trace() - 2 * overlap
    return max(float(difference @ difference + traces), 0.0)


def _root(covariance: Tensor) -> Tensor:
    eigenvalues, vectors = torch.linalg.eigh(covariance)
    root: Tensor = (vectors * eigenvalues.clamp(min=0).sqrt()) @ vectors.T
    return root

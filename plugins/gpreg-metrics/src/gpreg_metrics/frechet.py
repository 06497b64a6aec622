"""The Fréchet distance of two Gaussians, and the moments that it is computed from."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Moments:
    """``count`` features' mean ``(F,)`` and unbiased covariance ``(F, F)``, in float64."""

    count: int
    mean: Tensor
    covariance: Tensor


class RunningMoments:
    """Moments of features that come in batches and are not kept.

    The sum of squared deviations is updated by batches without cancellation (Chan, Golub and LeVeque, 1983):
    ``S <- S + S_batch + (n b / (n + b)) d d^T`` with d the difference of the means of n old and b new features.

    Attributes:
        count: features so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = self._scatter = torch.empty(0)

    def add(self, features: Tensor) -> None:
        """Take ``(b, F)`` features into account, b at least 1."""
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
        """The moments of what was added: at least two features."""
        return Moments(count=self.count, mean=self._mean, covariance=self._scatter / (self.count - 1))


def frechet_distance(x: Moments, y: Moments) -> float:
    """``|m_x - m_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^{1/2})``, the squared 2-Wasserstein distance of two Gaussians.

    The last trace is the sum of the singular values of ``C_x^{1/2} C_y^{1/2}``, with symmetric roots from the
    eigenvalues, those below zero by rounding set to zero. That needs no square root of a matrix that is not symmetric,
    and stays exact where covariances are singular, as they are for fewer samples than features. Clipped at 0.

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

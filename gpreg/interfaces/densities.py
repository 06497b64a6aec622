"""The densities of two laws, where they are known: what the best possible critic follows from."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

LogDensity = Callable[[Tensor], Tensor]
"""The logarithm of a density, ``(B, *x) -> (B,)``."""


@dataclass(frozen=True, kw_only=True)
class Densities:
    """The densities of p_d and of a p_g that does not learn.

    Attributes:
        real, fake: the logarithms of both densities, ``(B, *x) -> (B,)``.

    >>> plane = Densities(real=lambda x: -(x**2).sum(1), fake=lambda x: -((x - 2) ** 2).sum(1))
    >>> plane.optimal_discriminator(torch.ones(1, 2))
    tensor([0.5000])
    """

    real: LogDensity
    fake: LogDensity

    def optimal_discriminator(self, x: Tensor) -> Tensor:
        """``p_d / (p_d + p_g)``, ``(B, *x) -> (B,)`` (Goodfellow et al., 2014, Proposition 1)."""
        return torch.sigmoid(self.real(x) - self.fake(x))

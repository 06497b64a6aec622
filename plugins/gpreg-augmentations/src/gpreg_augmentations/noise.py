"""Instance noise."""

import torch
from torch import Generator as RandomState
from torch import Tensor

from gpreg.interfaces import Augmentation
from gpreg_augmentations.options import NoiseOptions


class Noise(Augmentation):
    """``T(x) = x + sigma u`` with ``u ~ N(0, I)``, for real and generated samples alike; sigma may follow the schedule.

    Sønderby, Caballero, Theis, Shi and Huszár (2017), Amortised MAP Inference for Image Super-resolution, Section 3.
    """

    def __init__(self, options: NoiseOptions) -> None:
        super().__init__()
        self._first = self._sigma = options.sigma
        self._final = options.sigma if options.final is None else options.final

    def forward(self, x: Tensor, rng: RandomState) -> Tensor:
        """Add noise, ``(B, *x)``."""
        u = torch.randn(x.shape, generator=rng, device=x.device, dtype=x.dtype)
        return x + self._sigma * u

    def follow(self, way: float) -> None:
        """Set sigma for this iteration."""
        self._sigma = self._first + (self._final - self._first) * way

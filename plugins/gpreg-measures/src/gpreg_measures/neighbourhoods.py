"""Points around the data, or anywhere in a box."""

from typing import ClassVar

import torch

from gpreg.errors import OptionError
from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need
from gpreg_measures.interpolates import uniform
from gpreg_measures.options import BoxOptions, NoiseOptions


class Blurred(PenaltyMeasure):
    """mu = p_d * noise (DRAGAN, Kodali et al. 2017). Mass 1.

    Uniform noise follows the authors' code: x = x_d + a c s u with a ~ U(0, 1) for each sample, u ~ U(0, 1) for each
    coordinate, s the standard deviation of the whole real batch and c the scale. Gaussian noise follows the paper:
    x = x_d + c s n with n ~ N(0, 1).
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"real"})
    couples = True  # by s

    def __init__(self, options: NoiseOptions) -> None:
        super().__init__()
        self.options = options

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """One point near each real sample."""
        real = batch.real
        spread = self.options.scale * real.std(correction=0)
        if self.options.noise == "gaussian":
            noise = torch.randn(real.shape, generator=batch.rng, device=real.device, dtype=real.dtype)
        else:
            noise = torch.rand(real.shape, generator=batch.rng, device=real.device, dtype=real.dtype)
            noise = noise * uniform(real, batch.rng)
        return PenaltySample(points=real + spread * noise, labels=batch.labels)


class Box(PenaltyMeasure):
    """mu = U([low, high]^d), wherever the data is. Mass 1."""

    needs: ClassVar[frozenset[Need]] = frozenset({"real"})

    def __init__(self, options: BoxOptions) -> None:
        super().__init__()
        if not options.low < options.high:
            raise OptionError(
                f"the box from low={options.low:g} to high={options.high:g} is empty; low must be below high"
            )
        self.options = options

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """As many points as there are real samples."""
        real = batch.real
        u = torch.rand(real.shape, generator=batch.rng, device=real.device, dtype=real.dtype)
        low, high = self.options.low, self.options.high
        return PenaltySample(points=low + (high - low) * u, labels=batch.labels)

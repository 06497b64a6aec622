"""The original WGAN: no penalty, and the critic's weights clipped."""

from typing import ClassVar

import torch
from torch import nn

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure
from gpreg.interfaces.measure import Need
from gpreg_measures.options import ClippingOptions


class Clipping(PenaltyMeasure):
    """mu = 0, with every parameter of the critic clipped to [-c, c] (Arjovsky et al. 2017, Algorithm 1). Mass 0."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    def __init__(self, options: ClippingOptions) -> None:
        super().__init__()
        self.options = options

    def sample(self, batch: PenaltyBatch) -> None:
        """The zero measure: ``None``."""

    @torch.no_grad()
    def project(self, critic: nn.Module) -> None:
        """Clip all parameters, including those of normalisation layers."""
        for parameter in critic.parameters():
            parameter.clamp_(-self.options.clip, self.options.clip)

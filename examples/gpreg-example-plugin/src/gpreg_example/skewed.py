"""The measure itself. Imported when it is first built."""

from collections.abc import Iterable

import torch

from gpreg.interfaces import CheckContext, Finding, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg_example.plugin import SkewedOptions


class Skewed(PenaltyMeasure):
    """x = a x_d + (1 - a) x_g with a = u^k, u ~ U(0, 1). Mass 1."""

    needs = frozenset({"real", "fake"})

    def __init__(self, options: SkewedOptions) -> None:
        super().__init__()
        self.power = options.power

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """One point on each chord."""
        real, fake = batch.real, batch.fake
        shape = (len(real), *[1] * (real.ndim - 1))
        a = torch.rand(shape, generator=batch.rng, device=real.device, dtype=real.dtype) ** self.power
        return PenaltySample(points=a * real + (1 - a) * fake, labels=batch.labels)

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Evidence for `gpreg check`: chords cover the data."""
        because = "both ends fall near any point of S with positive probability, and so do the points between them"
        yield Finding(assumption="5b", verdict="holds", basis="proved", evidence=because)

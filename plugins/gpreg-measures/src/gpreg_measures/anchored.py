"""mu_g,anc: points between a fixed anchor and a fake sample."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import CheckContext, Finding, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need
from gpreg_measures.interpolates import uniform
from gpreg_measures.options import AnchorOptions


class Anchored(PenaltyMeasure):
    """mu_g,anc: x = a A + (1 - a) x_g with a ~ U(0, 1) and a fixed anchor A (Kim et al., Table 1). Mass 1.

    The paper's anchors are the point (2, -1) in the plane, grey pixels for MNIST and fixed random pixels for CIFAR-10.
    The anchor is a buffer: it moves with ``.to(device)`` and is saved with the run.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"fake"})
    anchor: Tensor

    def __init__(self, options: AnchorOptions) -> None:
        super().__init__()
        self.options = options

    def prepare(self, batch: PenaltyBatch) -> None:
        """Make the anchor for samples of this shape.

        Raises:
            UsageError: the anchor is a point of another dimension than the samples.
        """
        self.register_buffer("anchor", self._make(batch.fake if batch.real is None else batch.real))

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """One point on each segment from the anchor."""
        a = uniform(batch.fake, batch.rng)
        return PenaltySample(points=a * self.anchor + (1 - a) * batch.fake, labels=batch.labels_of_fake)

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Finding on 5b: the segments from the anchor cover the data."""
        if context.simple:
            yield Finding(
                assumption="5b",
                verdict="holds",
                basis="proved",
                evidence="where p_g = p_d the point stays in any ball around a point of S with positive "
                "probability: the fake sample falls near it and a is small",
            )

    def _make(self, samples: Tensor) -> Tensor:
        shape = samples.shape[1:]
        kind = self.options.anchor
        if kind == "auto":
            kind = "point" if len(shape) == 1 else "grey" if shape[0] == 1 else "pixels"
        if kind == "point":
            if shape != (len(self.options.point),):
                raise UsageError(
                    f"the anchor is a point with {len(self.options.point)} coordinates, but samples have shape "
                    f"{tuple(shape)}",
                    remedy=f"give {shape.numel()} coordinates, as in point=0,0, or choose anchor=grey or anchor=pixels",
                )
            return samples.new_tensor(self.options.point)
        low, high = (-1.0, 1.0) if bool((samples < 0).any()) else (0.0, 1.0)
        if kind == "grey":
            level = (low + high) / 2 if self.options.level is None else self.options.level
            return samples.new_full(shape, level)
        pixels = torch.rand(shape, generator=torch.Generator().manual_seed(self.options.seed), dtype=torch.float64)
        return (low + (high - low) * pixels).to(samples)

"""Points between a real and a fake sample, paired by their index in the batch.

A pair has one label: for a conditional model, fake samples must be generated for the labels of the real batch.
"""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import CheckContext, Finding, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need


class Segment(PenaltyMeasure):
    """mu_GP: x = a x_d + (1 - a) x_g with a ~ U(0, 1) (Gulrajani et al. 2017; Kim et al., Table 1). Mass 1.

    With the squared form it is the 0-GP of Thanh-Tung et al. (equation 6), with the one-centered form WGAN-GP.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"real", "fake"})

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """One point on each segment."""
        real, fake = pairs(batch)
        a = uniform(real, batch.rng)
        return PenaltySample(points=a * real + (1 - a) * fake, labels=batch.labels)

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Finding on 5b: segments cover the data."""
        return covering(context)


class Midpoint(PenaltyMeasure):
    """mu_mid: x = (x_d + x_g) / 2 (Kim et al., Table 1). Mass 1."""

    needs: ClassVar[frozenset[Need]] = frozenset({"real", "fake"})

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """The middle of each pair."""
        real, fake = pairs(batch)
        return PenaltySample(points=0.5 * (real + fake), labels=batch.labels)

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Finding on 5b: midpoints cover the data."""
        return covering(context)


def covering(context: CheckContext) -> Iterable[Finding]:
    """Finding that 5b holds for points between two independent samples of one law; none for forms but the theorem's."""
    if context.simple:
        yield Finding(
            assumption="5b",
            verdict="holds",
            basis="proved",
            evidence="where p_g = p_d both ends fall into any ball around a point of S with positive probability, and "
            "a ball contains what lies between its points",
        )


def pairs(batch: PenaltyBatch) -> tuple[Tensor, Tensor]:
    """The real and the fake batch, to be paired by index.

    Raises:
        UsageError: they are not equally long.
    """
    if len(batch.real) != len(batch.fake):
        raise UsageError(
            f"{len(batch.real)} real samples cannot be paired with {len(batch.fake)} fake ones",
            remedy="give as many of each, or use a measure that does not pair them: pd, pg, pd+pg, js",
        )
    return batch.real, batch.fake


def uniform(like: Tensor, rng: torch.Generator) -> Tensor:
    """One U(0, 1) number for each sample, ``(B, 1, ..., 1)``, on the device and in the dtype of ``like``."""
    shape = (len(like), *[1] * (like.ndim - 1))
    return torch.rand(shape, generator=rng, device=like.device, dtype=like.dtype)

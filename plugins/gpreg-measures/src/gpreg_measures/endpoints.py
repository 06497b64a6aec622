"""Measures whose points are the batches: p_d (R1), p_g (R2) and their sum."""

from typing import ClassVar

import torch

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need


class Real(PenaltyMeasure):
    """mu = p_d: x = x_d (R1, Mescheder et al. 2018, equation 9). Mass 1."""

    needs: ClassVar[frozenset[Need]] = frozenset({"real"})

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """The real batch."""
        return PenaltySample(points=batch.real, labels=batch.labels, at="real")


class Fake(PenaltyMeasure):
    """mu = p_g: x = x_g (R2, Mescheder et al. 2018, equation 10). Mass 1."""

    needs: ClassVar[frozenset[Need]] = frozenset({"fake"})

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """The fake batch."""
        return PenaltySample(points=batch.fake, labels=batch.labels_of_fake, at="fake")


class RealAndFake(PenaltyMeasure):
    """mu = p_d + p_g, as in R3GAN. Mass 2: the integral is the sum of the two means, not their average."""

    needs: ClassVar[frozenset[Need]] = frozenset({"real", "fake"})

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """Both batches, real first."""
        return PenaltySample(
            points=torch.cat([batch.real, batch.fake]),
            weights=sum_weights(len(batch.real), len(batch.fake), like=batch.real),
            labels=labels_of_both(batch),
            at="real+fake",
        )


def sum_weights(real: int, fake: int, *, like: torch.Tensor) -> torch.Tensor:
    """Weights ``(real + fake,)`` with which the mean over both batches is the sum of the two batches' means."""
    n = real + fake
    return torch.cat([like.new_full((real,), n / real), like.new_full((fake,), n / fake)])


def labels_of_both(batch: PenaltyBatch) -> torch.Tensor | None:
    """The labels of the real and then the fake batch; ``None`` for an unconditional model."""
    if batch.labels is None or batch.labels_of_fake is None:
        return None
    return torch.cat([batch.labels, batch.labels_of_fake])

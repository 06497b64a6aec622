"""Batch normalisation as in the reference code of Gulrajani et al. (2017): epsilon 1e-5, statistics of the batch.

That code normalises by the batch's statistics also when it samples, so that a sample depends on its batch. PyTorch does
the same with ``track_running_stats=False``; with True, evaluation mode uses running averages.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gpreg.errors import UsageError
from gpreg_architectures.conditioning import matched_labels

EPSILON = 1e-5


class BatchNorm1d(nn.BatchNorm1d):
    """Batch normalisation of each feature: ``(B, features) -> (B, features)``."""

    def __init__(self, features: int, *, track_running_stats: bool) -> None:
        super().__init__(features, eps=EPSILON, track_running_stats=track_running_stats)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise.

        Raises:
            UsageError: a batch of one would be normalised by its own statistics.
        """
        if len(input) == 1 and (self.training or not self.track_running_stats):
            raise UsageError(
                "a batch of one has no variance to normalise by",
                remedy="generate two samples or more at a time, or, to sample in evaluation mode, build the generator "
                "with batch_statistics_when_sampling=false",
            )
        return super().forward(input)


class ConditionalBatchNorm2d(nn.Module):
    """Batch normalisation of each channel, with a scale and an offset for each class.

    ``(x - mean) / sqrt(variance + 1e-5) * scale_y + offset_y``, the statistics over batch and space. Without classes
    there is one scale and one offset for all: plain batch normalisation.

    Args:
        channels: number of channels c.
        classes: number of labels, or ``None``.
        track_running_stats: whether evaluation mode uses running averages.
    """

    def __init__(self, channels: int, classes: int | None, *, track_running_stats: bool) -> None:
        super().__init__()
        self.classes = classes
        self.normalise = nn.BatchNorm2d(
            channels, eps=EPSILON, affine=classes is None, track_running_stats=track_running_stats
        )
        if classes is not None:
            self.scale = nn.Parameter(torch.ones(classes, channels))
            self.offset = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, c, h, w) [, (B,)] -> (B, c, h, w)``."""
        labels = matched_labels(labels, images, self.classes)
        normalised: Tensor = self.normalise(images)
        if labels is None:
            return normalised
        scale, offset = F.embedding(labels, self.scale), F.embedding(labels, self.offset)
        return normalised * scale[..., None, None] + offset[..., None, None]

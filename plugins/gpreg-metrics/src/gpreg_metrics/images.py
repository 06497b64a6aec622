"""Convert generated and real images to bytes, batch by batch, for all metrics of images.

An image file would contain the same bytes, so scores do not depend on the value range of an architecture.
"""

from collections.abc import Iterable, Iterator
from functools import partial

import torch
from torch import Tensor

from gpreg.errors import GpregError, UsageError
from gpreg.interfaces import Batch, Data

BATCH = 50
"""Number of images in a batch; Inception takes about 10 MB for each."""

ORDER = 0
"""The seed of the order in which data are read, which is fixed so that results can be cached."""


def value_range(data: Data, metric: str) -> tuple[float, float]:
    """The value range of the data's images.

    Raises:
        UsageError: the data are not images, or their value range is unknown.
    """
    if len(data.spec.shape) != 3:
        raise UsageError(
            f"metric {metric!r} scores images of shape (C, H, W); this data has samples of shape {data.spec.shape}",
            remedy="`gpreg list-metrics` says which samples each metric scores",
        )
    if data.spec.value_range is None:
        raise UsageError(
            f"metric {metric!r} must know which value is black and which is white; this data does not say",
            remedy="use data whose spec has a value_range",
        )
    return data.spec.value_range


def generated_images(samples: Iterable[Tensor], data: Data, metric: str) -> Iterator[Tensor]:
    """Generated samples as bytes.

    Args:
        samples: batches ``(b, C, H, W)`` in the data's value range, to which they are clipped.
        data: data of the same shape.
        metric: name of the metric, for errors.

    Yields:
        ``(1 to BATCH, C, H, W)`` of uint8, on the samples' device. No batch is held while the next one is made.

    Raises:
        UsageError: the data are not images, or a batch has another shape.
        GpregError: a sample is not finite.
    """
    convert = partial(to_bytes, value_range=value_range(data, metric))
    for batch in samples:
        if batch.shape[1:] != data.spec.shape:
            raise UsageError(
                f"metric {metric!r} was given samples of shape {tuple(batch.shape[1:])} for data of shape "
                f"{data.spec.shape}",
                remedy="score samples against the dataset that their generator was trained on",
            )
        if not batch.isfinite().all():
            raise GpregError(
                f"metric {metric!r} was given samples that are not finite",
                remedy="the generator has diverged; score an earlier checkpoint",
            )
        if len(batch):
            yield from map(convert, torch.split(batch, BATCH))
        del batch  # frees its memory while the next one is generated


def real_images(data: Data, metric: str, count: int) -> Iterator[Batch]:
    """The first ``count`` samples of the data in a fixed order, each once, with their labels.

    Args:
        data: data of images.
        metric: name of the metric, for errors.
        count: number of samples, at most the data's size.

    Yields:
        ``(1 to BATCH, C, H, W)`` of uint8, and ``(b,)`` of int64 or ``None``, on the CPU.

    Raises:
        UsageError: the data are not images.
    """
    span = value_range(data, metric)
    stream = data.stream(min(BATCH, count), seed=ORDER)
    for done in range(0, count, BATCH):
        samples, labels = next(stream)
        wanted = slice(count - done)
        yield Batch(to_bytes(samples[wanted], span), None if labels is None else labels[wanted])


def to_bytes(images: Tensor, value_range: tuple[float, float]) -> Tensor:
    """``round(255 (x - low) / (high - low))``, clipped to 0 ... 255: any shape to uint8, without gradient."""
    low, high = value_range
    scaled = images.detach().to(torch.float32).sub(low).mul_(255 / (high - low))
    return scaled.round_().clamp_(0, 255).to(torch.uint8)

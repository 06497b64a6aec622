"""Images as bytes, batch by batch: what every metric of images looks at, whether generated or real.

Bytes are what an image file would hold, so scores do not depend on the range that an architecture works in.
"""

from collections.abc import Iterable, Iterator
from functools import partial

import torch
from torch import Tensor

from gpreg.errors import GpregError, UsageError
from gpreg.interfaces import Batch, Data

BATCH = 50
"""Images that are converted and looked at together; Inception takes about 10 MB for each."""

ORDER = 0
"""The seed of the order in which data is read; it is the same each time, so that results may be kept."""


def value_range(data: Data, metric: str) -> tuple[float, float]:
    """What the values of the data's images span.

    Raises:
        UsageError: the data are not images, or it is unknown what their values span.
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
    """Samples as bytes.

    Args:
        samples: batches ``(b, C, H, W)`` in the data's value range; what lies outside is clipped to it.
        data: what they should be like.
        metric: whom to name in errors.

    Yields:
        ``(1 to BATCH, C, H, W)`` of uint8, on the samples' device. No batch is held while the next one is made.

    Raises:
        UsageError: the data are not images, or a batch is not of their shape.
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
        del batch  # else it would be held while the next one is generated


def real_images(data: Data, metric: str, count: int) -> Iterator[Batch]:
    """The first ``count`` samples of the data in a fixed order, each once, with their labels.

    Args:
        data: of images.
        metric: whom to name in errors.
        count: at most the data's size.

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

"""Images that are decoded, or read from disk, while the networks train."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from gpreg.data.arrays import count_classes, reverse
from gpreg.data.pixels import DEFAULT_RANGE, PIXEL_RULE, scale_pixels
from gpreg.data.streaming import Raw, StreamedData, Wanted
from gpreg.errors import DataError
from gpreg.interfaces import Batch, SampleSpec


class Images(Protocol):
    """Images of which batches can be read by index."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image."""

    def __len__(self) -> int: ...

    def batch(self, numbers: Sequence[int]) -> Tensor | DataError:
        """The images with these indices, ``(B, C, H, W)`` of uint8, or the error of one that cannot be read."""


class StreamedImages(StreamedData):
    """A dataset of images that are read batch by batch.

    Args:
        images: the images.
        labels: ``(N,)`` of int64, or ``None``.
        classes: number of labels.
        value_range: range to which images are scaled; ``None``: (-1, 1).
        pixel_rule: the number by which bytes are divided, see :func:`scale_pixels`.
        mirror: double the images: image N + i is image i reversed from left to right.
        workers: number of processes that decode; 0: this process decodes.
        fingerprint: hash of the files; a saved state with another fingerprint is refused.
    """

    def __init__(
        self,
        images: Images,
        labels: Tensor | None = None,
        *,
        classes: int | None = None,
        value_range: tuple[float, float] | None = None,
        pixel_rule: int = PIXEL_RULE,
        mirror: bool = False,
        workers: int = 0,
        fingerprint: str | None = None,
    ) -> None:
        self.images, self.labels, self.workers, self.fingerprint = images, labels, workers, fingerprint
        self._value_range, self._pixel_rule, self._mirrored = value_range or DEFAULT_RANGE, pixel_rule, mirror
        self._held = len(images)
        self.size = self._held * (2 if mirror else 1)
        self.spec = SampleSpec(shape=images.shape, value_range=self._value_range, classes=classes)
        if labels is not None and classes is not None:
            self.class_counts = count_classes(labels, classes, mirror=mirror)

    def read(self, wanted: Wanted) -> Raw | DataError:
        """Images as bytes, not yet reversed."""
        images = self.images.batch([number % self._held for number in wanted.numbers])
        return images if isinstance(images, DataError) else (images,)

    def finish(self, numbers: Tensor, raw: Raw, device: torch.device) -> Batch:
        """Copy images to the device as bytes, then reverse and scale them there."""
        labels = None if self.labels is None else self.labels[numbers % self._held].to(device)
        (read,) = raw
        assert read is not None
        images = read.to(device, non_blocking=True)
        if self._mirrored:
            images = reverse(images, (numbers >= self._held).to(device))
        return Batch(scale_pixels(images, self._value_range, self._pixel_rule), labels)

"""Datasets that are not held on the device: batches are decoded, or read from disk, while the networks train."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gpreg.errors import DataError
from gpreg.interfaces import Batch, BatchStream, Data, SampleSpec
from gpreg_datasets.arrays import count_classes, draw_indices, reverse
from gpreg_datasets.image_files import Decoded
from gpreg_datasets.loading import load
from gpreg_datasets.order import ShuffledOrder
from gpreg_datasets.pixels import DEFAULT_RANGE, PIXEL_RULE, scale_pixels

READ_BATCH = 64
"""Images that a worker decodes at a time when order does not matter."""


class Images(Protocol):
    """Images by number, a batch at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: Sequence[int]) -> Decoded:
        """The images with these numbers."""


class StreamedData(Data):
    """Images as a dataset, a batch of which is in memory.

    Args:
        images: the images.
        labels: ``(N,)`` of int64, or ``None``.
        classes: number of labels.
        value_range: what images are scaled to; ``None``: (-1, 1).
        pixel_rule: what bytes are divided by, see :func:`scale_pixels`.
        mirror: twice as many samples: sample N + i is sample i reversed from left to right.
        workers: processes that decode; 0: this one.
        fingerprint: of the files; a state that was saved with another is refused.
    """

    size: int

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
        self.images, self.labels, self.workers = images, labels, workers
        self.value_range = value_range or DEFAULT_RANGE
        self._pixel_rule, self._mirrored, self._fingerprint = pixel_rule, mirror, fingerprint
        self._held = len(images)
        self.size = self._held * (2 if mirror else 1)
        self.spec = SampleSpec(shape=images.shape, value_range=self.value_range, classes=classes)
        if labels is not None and classes is not None:
            self.class_counts = count_classes(labels, classes, mirror=mirror)

    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """Shuffled batches without end, in the order that data in memory would have.

        Raises:
            DataError: fewer samples than one global batch; later, a file that cannot be read.
        """
        order = ShuffledOrder(self.size, batch_size, seed=seed, rank=rank, ranks=ranks, fingerprint=self._fingerprint)
        return StreamedBatches(self, order, torch.device(device))

    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """``n`` different samples.

        Raises:
            DataError: there are fewer, or a file cannot be read.
        """
        chosen = draw_indices(self.size, n, rng).cpu()
        images = torch.cat([images for _, images in self.read(torch.split(chosen, READ_BATCH), rng.device)])
        return self.finish(chosen, images, rng.device)

    def read(self, batches: Iterable[Tensor], device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
        """Numbers ``(B,)`` of samples and their images as bytes, not yet reversed, batch by batch, on the CPU.

        Raises:
            DataError: a file cannot be read.
        """
        rows = _Rows(self.images, self._held)
        for decoded in load(rows, batches, workers=self.workers, pinned=device.type == "cuda"):
            if isinstance(decoded, DataError):
                raise decoded
            yield decoded

    def finish(self, numbers: Tensor, images: Tensor, device: torch.device) -> Batch:
        """Bytes as a batch: they travel as bytes and are converted on the device."""
        labels = None if self.labels is None else self.labels[numbers % self._held].to(device)
        images = images.to(device, non_blocking=True)
        if self._mirrored:
            images = reverse(images, (numbers >= self._held).to(device))
        return Batch(scale_pixels(images, self.value_range, self._pixel_rule), labels)


class StreamedBatches(BatchStream):
    """Batches of :class:`StreamedData`. Workers run ahead of the batches handed out; the state counts only these."""

    def __init__(self, data: StreamedData, order: ShuffledOrder, device: torch.device) -> None:
        self._data, self._order, self._device = data, order, device
        self._read: Iterator[tuple[Tensor, Tensor]] | None = None

    def __next__(self) -> Batch:
        """The next batch; always full. The first one starts the workers.

        Raises:
            DataError: a file cannot be read.
        """
        if self._read is None:
            self._read = self._data.read(self._order.ahead(), self._device)
        batch = self._data.finish(*next(self._read), self._device)
        self._order.advance()
        return batch

    def state_dict(self) -> Mapping[str, Any]:
        """The place in the order."""
        return self._order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a place, bit for bit, reading nothing before it.

        Raises:
            DataError: the files are others, or the state is damaged.
        """
        self._order.load_state_dict(state)
        self._read = None  # the workers that ran ahead from the old place stop


class _Rows(Dataset[Decoded]):
    """The images of samples: sample ``held`` + i, the mirrored one, is of image i."""

    def __init__(self, images: Images, held: int) -> None:
        self._images, self._held = images, held

    def __getitem__(self, index: int) -> Decoded:
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Decoded:
        """What a :class:`DataLoader` calls for a batch."""
        decoded = self._images.__getitems__([index % self._held for index in indices])
        return decoded if isinstance(decoded, DataError) else (torch.tensor(indices), decoded[1])

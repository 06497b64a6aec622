"""Datasets held in memory: images as bytes, indexed and converted on the device."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from gpreg.data.order import ShuffledOrder
from gpreg.data.pixels import DEFAULT_RANGE, PIXEL_RULE, scale_pixels
from gpreg.errors import DataError
from gpreg.interfaces import Batch, BatchStream, Data, SampleSpec


class IndexedData(Data):
    """A finite dataset whose samples can be had by number, all at once."""

    size: int
    fingerprint: str | None = None
    """Of the samples, where they may change from one run to the next; a state that has another is refused."""

    @abstractmethod
    def gather(self, indices: Tensor) -> Batch:
        """The samples with these numbers.

        Args:
            indices: ``(B,)`` of int64, on the device where the batch is wanted.
        """

    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """Shuffled batches without end; each epoch has every sample exactly once.

        Raises:
            DataError: fewer samples than one global batch.
        """
        order = ShuffledOrder(
            self.size, batch_size, seed=seed, device=device, rank=rank, ranks=ranks, fingerprint=self.fingerprint
        )
        return IndexedStream(self, order)

    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """``n`` different samples.

        Raises:
            DataError: there are fewer.
        """
        return self.gather(draw_indices(self.size, n, rng))


class IndexedStream(BatchStream):
    """Batches of an :class:`IndexedData` in a :class:`ShuffledOrder`."""

    def __init__(self, data: IndexedData, order: ShuffledOrder) -> None:
        self._data, self._order = data, order

    def __next__(self) -> Batch:
        """The next batch; always full."""
        return self._data.gather(next(self._order))

    def state_dict(self) -> Mapping[str, Any]:
        """The place in the order."""
        return self._order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a place, bit for bit.

        Raises:
            DataError: the dataset has changed since, or the state is damaged.
        """
        self._order.load_state_dict(state)


class ArrayData(IndexedData):
    """Samples and labels as two tensors. They are copied to a device once, when it is first used.

    Args:
        samples: ``(N, *x)``; uint8 images, converted when they are used, or float32, handed out as they are.
        labels: ``(N,)`` of int64, or ``None``.
        classes: number of labels.
        value_range: what images are scaled to; ``None``: (-1, 1). For float32 samples, what they already span.
        pixel_rule: what bytes are divided by, see :func:`scale_pixels`.
        mirror: twice as many samples, ``(N, C, H, W)``: sample N + i is sample i reversed from left to right.
    """

    def __init__(
        self,
        samples: Tensor,
        labels: Tensor | None = None,
        *,
        classes: int | None = None,
        value_range: tuple[float, float] | None = None,
        pixel_rule: int = PIXEL_RULE,
        mirror: bool = False,
    ) -> None:
        self._bytes, self._pixel_rule, self._mirrored = samples.dtype == torch.uint8, pixel_rule, mirror
        self._value_range = value_range or DEFAULT_RANGE
        self._copies = DeviceCopies(samples.contiguous(), labels)
        self.labels, self._held = labels, len(samples)
        self.size = self._held * (2 if mirror else 1)
        if labels is not None and classes is not None:
            self.class_counts = count_classes(labels, classes, mirror=mirror)
        self.spec = SampleSpec(
            shape=tuple(samples.shape[1:]),
            value_range=self._value_range if self._bytes else value_range,
            classes=classes,
        )

    def gather(self, indices: Tensor) -> Batch:
        """The samples with these numbers, ``(B,)`` of int64, on the device of ``indices``."""
        held, held_labels = self._copies.on(indices.device)
        assert held is not None
        rows = indices % self._held if self._mirrored else indices
        samples = held.index_select(0, rows)
        if self._mirrored:
            samples = reverse(samples, indices >= self._held)
        return Batch(
            scale_pixels(samples, self._value_range, self._pixel_rule) if self._bytes else samples,
            None if held_labels is None else held_labels.index_select(0, rows),
        )


class DeviceCopies:
    """Tensors on whichever device they are wanted, copied there once."""

    def __init__(self, *tensors: Tensor | None) -> None:
        self._tensors = tensors
        self._copies: dict[torch.device, tuple[Tensor | None, ...]] = {}

    def on(self, device: torch.device) -> tuple[Tensor | None, ...]:
        """The tensors on ``device``, in the order in which they were given."""
        if device not in self._copies:
            self._copies[device] = tuple(None if t is None else t.to(device) for t in self._tensors)
        return self._copies[device]


def reverse(images: Tensor, which: Tensor) -> Tensor:
    """The images ``(B, C, H, W)``, those of ``which`` ``(B,)`` (bool) reversed from left to right."""
    return torch.where(which.view(-1, 1, 1, 1), images.flip(-1), images)


def count_classes(labels: Tensor, classes: int, *, mirror: bool = False) -> tuple[int, ...]:
    """Samples of each of the labels ``(N,)``; twice as many where each is seen as its mirror image too."""
    return tuple((labels.bincount(minlength=classes) * (2 if mirror else 1)).tolist())


def draw_indices(size: int, n: int, rng: torch.Generator) -> Tensor:
    """``(n,)`` different numbers below ``size``, on the device of ``rng``.

    Raises:
        DataError: there are fewer than ``n``.
    """
    if n > size:
        raise DataError(f"{n} different samples were asked for, and there are {size}", remedy=f"ask for at most {size}")
    return torch.randperm(size, generator=rng, device=rng.device)[:n]

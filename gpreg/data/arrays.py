"""Datasets held in memory: images as bytes, indexed and converted on the device."""

from abc import abstractmethod

import torch
from torch import Tensor

from gpreg.data.order import OrderedStream, ShuffledOrder
from gpreg.data.pixels import DEFAULT_RANGE, PIXEL_RULE, scale_pixels
from gpreg.errors import DataError
from gpreg.interfaces import Batch, BatchStream, Data, SampleSpec


class IndexedData(Data):
    """A finite dataset that gathers the samples of a whole batch by their indices."""

    size: int
    fingerprint: str | None = None
    """Hash of the samples, if they may change between runs; a saved state with another fingerprint is refused."""

    @abstractmethod
    def gather(self, indices: Tensor) -> Batch:
        """The samples with these indices.

        Args:
            indices: ``(B,)`` of int64, on the device on which the batch is wanted.
        """

    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """Shuffled batches without end; each epoch has every sample exactly once.

        Raises:
            DataError: there are fewer samples than a global batch has.
        """
        order = ShuffledOrder(
            self.size, batch_size, seed=seed, device=device, rank=rank, ranks=ranks, fingerprint=self.fingerprint
        )
        return IndexedStream(self, order)

    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """Draw ``n`` different samples.

        Raises:
            DataError: there are fewer than ``n``.
        """
        return self.gather(draw_indices(self.size, n, rng))


class IndexedStream(OrderedStream):
    """Batches of an :class:`IndexedData` in the order of a :class:`ShuffledOrder`."""

    def __init__(self, data: IndexedData, order: ShuffledOrder) -> None:
        super().__init__(order)
        self._data = data

    def __next__(self) -> Batch:
        """The next batch; always full."""
        return self._data.gather(next(self._order))


class ArrayData(IndexedData):
    """A dataset in memory: samples and labels as two tensors. They are copied to a device once, at its first use.

    Args:
        samples: ``(N, *x)``; uint8 images, which are converted at use, or float32, which are returned as they are.
        labels: ``(N,)`` of int64, or ``None``.
        classes: number of labels.
        value_range: range to which images are scaled; ``None``: (-1, 1). Of float32 samples, the range that they have.
        pixel_rule: the number by which bytes are divided, see :func:`scale_pixels`.
        mirror: double the images ``(N, C, H, W)``: image N + i is image i reversed from left to right.
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
        """The samples with the indices ``(B,)`` of int64, on the device of ``indices``."""
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
    """Tensors that are copied to a device once, when they are first wanted there."""

    def __init__(self, *tensors: Tensor | None) -> None:
        self._tensors = tensors
        self._copies: dict[torch.device, tuple[Tensor | None, ...]] = {}

    def on(self, device: torch.device) -> tuple[Tensor | None, ...]:
        """The tensors on ``device``, in the order in which they were given."""
        if device not in self._copies:
            self._copies[device] = tuple(None if t is None else t.to(device) for t in self._tensors)
        return self._copies[device]


def reverse(images: Tensor, which: Tensor) -> Tensor:
    """Reverse those of the images ``(B, C, H, W)`` from left to right for which ``which`` ``(B,)`` is true."""
    return torch.where(which.view(-1, 1, 1, 1), images.flip(-1), images)


def count_classes(labels: Tensor, classes: int, *, mirror: bool = False) -> tuple[int, ...]:
    """Number of samples of each class, by the labels ``(N,)``; twice as many if mirror images count too."""
    return tuple((labels.bincount(minlength=classes) * (2 if mirror else 1)).tolist())


def draw_indices(size: int, n: int, rng: torch.Generator) -> Tensor:
    """``(n,)`` different numbers below ``size``, on the device of ``rng``.

    Raises:
        DataError: there are fewer than ``n``.
    """
    if n > size:
        raise DataError(f"{n} different samples were asked for, and there are {size}", remedy=f"ask for at most {size}")
    return torch.randperm(size, generator=rng, device=rng.device)[:n]

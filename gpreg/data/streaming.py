"""Datasets that are not held in memory: batches are read, or decoded, while the networks train."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gpreg.data.arrays import draw_indices
from gpreg.data.loading import load
from gpreg.data.order import OrderedStream, ShuffledOrder
from gpreg.errors import GpregError
from gpreg.interfaces import Batch, BatchStream, Data

READ_BATCH = 64
"""How many samples a worker reads at a time for :meth:`StreamedData.take`."""

Raw = tuple[Tensor | None, ...]
"""A batch as a worker returns it: tensors on the CPU."""


@dataclass(frozen=True)
class Wanted:
    """A request to read a batch.

    Attributes:
        numbers: indices of the samples.
        key: seeds whatever is random about the batch, such as augmentation, so that the same batch of the same seed is
            equal in whichever process it is read, and however often.
    """

    numbers: Sequence[int]
    key: tuple[int, int]


class StreamedData(Data):
    """A finite dataset whose samples are read batch by batch, by worker processes if there are any.

    A subclass implements how a batch is read, in a worker, and how it is finished, on the device. After a run was
    resumed, both may be called again for the same samples, and must return the same.

    Attributes:
        workers: number of processes that read; 0: this process reads.
        fingerprint: hash of the samples, if they may change between runs; a saved state with another fingerprint is
            refused.
    """

    size: int
    workers: int = 0
    fingerprint: str | None = None

    @abstractmethod
    def read(self, wanted: Wanted) -> Raw | GpregError:
        """Read one batch from its source; an error is returned, not raised.

        It is returned because an exception that a worker raises arrives as another one, wrapped in a traceback. The
        dataset is pickled for the workers, so it must not hold an open file.
        """

    @abstractmethod
    def finish(self, numbers: Tensor, raw: Raw, device: torch.device) -> Batch:
        """Convert a batch that was read, and put it on its device; ``numbers`` ``(B,)`` are its indices."""

    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """Shuffled batches without end, in the same order as of data in memory.

        Raises:
            DataError: there are fewer samples than a global batch has.
        """
        order = ShuffledOrder(self.size, batch_size, seed=seed, rank=rank, ranks=ranks, fingerprint=self.fingerprint)
        return StreamedBatches(self, order, torch.device(device))

    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """Draw ``n`` different samples.

        Raises:
            DataError: there are fewer than ``n``.
            GpregError: a sample cannot be read.
        """
        chosen = draw_indices(self.size, n, rng).cpu()
        wanted = (
            Wanted(numbers=part.tolist(), key=(rng.initial_seed(), place))
            for place, part in enumerate(torch.split(chosen, READ_BATCH))
        )
        parts = zip(*self.loaded(wanted, rng.device), strict=True)
        raw = tuple(None if part[0] is None else torch.cat(part) for part in parts)
        return self.finish(chosen, raw, rng.device)

    def loaded(self, wanted: Iterator[Wanted], device: torch.device) -> Iterator[Raw]:
        """The requested batches, in the order of the requests, on the CPU.

        Raises:
            GpregError: a sample cannot be read.
        """
        for raw in load(_Reader(self), wanted, workers=self.workers, pinned=device.type == "cuda"):
            if isinstance(raw, GpregError):
                raise raw
            yield raw


class StreamedBatches(OrderedStream):
    """Batches of :class:`StreamedData`. Workers read ahead, but the state counts only batches that were returned."""

    def __init__(self, data: StreamedData, order: ShuffledOrder, device: torch.device) -> None:
        super().__init__(order)
        self._data, self._device = data, device
        self._ahead: Iterator[Raw] | None = None

    def __next__(self) -> Batch:
        """The next batch; always full. The first one starts the workers.

        Raises:
            GpregError: a sample cannot be read.
        """
        if self._ahead is None:
            self._ahead = self._data.loaded(_ahead(self._order), self._device)
        batch = self._data.finish(self._order.indices(self._order.position), next(self._ahead), self._device)
        self._order.advance()
        return batch

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a position, bit for bit, without reading what is before it.

        Raises:
            DataError: the dataset has changed since, or the state is damaged.
        """
        super().load_state_dict(state)
        self._ahead = None  # stops the workers that read ahead from the old position


def _ahead(order: ShuffledOrder) -> Iterator[Wanted]:
    """The requests from the current position on.

    It holds no reference to the stream: workers must stop when nobody uses the stream any more.
    """
    place = order.place
    for numbers in order.ahead():
        yield Wanted(numbers=numbers.tolist(), key=(order.seed, place))
        place += order.global_batch


class _Reader(Dataset[Raw | GpregError]):
    """The dataset that a :class:`DataLoader` sends to its workers."""

    def __init__(self, data: StreamedData) -> None:
        self._data = data

    def __getitem__(self, wanted: Wanted) -> Raw | GpregError:
        return self._data.read(wanted)

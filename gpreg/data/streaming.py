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
from gpreg.data.order import ShuffledOrder
from gpreg.errors import GpregError
from gpreg.interfaces import Batch, BatchStream, Data

READ_BATCH = 64
"""Samples that a worker reads at a time when order does not matter."""

Raw = tuple[Tensor | None, ...]
"""A batch as a worker makes it: tensors on the CPU."""


@dataclass(frozen=True)
class Wanted:
    """A batch that is to be read.

    Attributes:
        numbers: of the samples.
        key: fixes whatever is random about the batch, such as augmentation: the same batch of the same seed has the
            same one, in whichever process it is read and however often.
    """

    numbers: Sequence[int]
    key: tuple[int, int]


class StreamedData(Data):
    """A finite dataset whose samples are read batch by batch, by worker processes if there are any.

    A subclass says how a batch is read, in a worker, and how it is finished, on the device. Both may be asked for the
    same samples again, after a resumption, and must then give the same.

    Attributes:
        workers: processes that read; 0: this one.
        fingerprint: of the samples, where they may change from one run to the next; a state that was saved with
            another is refused.
    """

    size: int
    workers: int = 0
    fingerprint: str | None = None

    @abstractmethod
    def read(self, wanted: Wanted) -> Raw | GpregError:
        """One batch as it comes from its source, or what is wrong with it.

        An error is a value here because an exception that crosses processes arrives as another one, wrapped in a
        traceback. The object travels to the workers, so it holds no open file.
        """

    @abstractmethod
    def finish(self, numbers: Tensor, raw: Raw, device: torch.device) -> Batch:
        """The batch on its device: ``numbers`` ``(B,)`` are those that were read."""

    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """Shuffled batches without end, in the order that data in memory would have.

        Raises:
            DataError: fewer samples than one global batch. Later, whatever reading a sample raises.
        """
        order = ShuffledOrder(self.size, batch_size, seed=seed, rank=rank, ranks=ranks, fingerprint=self.fingerprint)
        return StreamedBatches(self, order, torch.device(device))

    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """``n`` different samples.

        Raises:
            DataError: there are fewer. Besides, whatever reading a sample raises.
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
        """Batches in the order in which they are wanted, on the CPU.

        Raises:
            GpregError: as :meth:`read` says.
        """
        for raw in load(_Reader(self), wanted, workers=self.workers, pinned=device.type == "cuda"):
            if isinstance(raw, GpregError):
                raise raw
            yield raw


class StreamedBatches(BatchStream):
    """Batches of :class:`StreamedData`. Workers run ahead of the batches handed out; the state counts only these."""

    def __init__(self, data: StreamedData, order: ShuffledOrder, device: torch.device) -> None:
        self._data, self._order, self._device = data, order, device
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

    def state_dict(self) -> Mapping[str, Any]:
        """The place in the order."""
        return self._order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a place, bit for bit, reading nothing before it.

        Raises:
            DataError: the samples are others, or the state is damaged.
        """
        self._order.load_state_dict(state)
        self._ahead = None  # the workers that ran ahead from the old place stop


def _ahead(order: ShuffledOrder) -> Iterator[Wanted]:
    """The batches from here on. It knows nothing of the stream, whose end would else not be the workers' end."""
    place = order.place
    for numbers in order.ahead():
        yield Wanted(numbers=numbers.tolist(), key=(order.seed, place))
        place += order.global_batch


class _Reader(Dataset[Raw | GpregError]):
    """What a :class:`DataLoader` sends to its workers."""

    def __init__(self, data: StreamedData) -> None:
        self._data = data

    def __getitem__(self, wanted: Wanted) -> Raw | GpregError:
        return self._data.read(wanted)

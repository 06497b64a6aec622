"""The shuffled order of a finite dataset's samples, which can be saved and continued."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from gpreg.data.seeding import keyed_generator
from gpreg.errors import DataError
from gpreg.interfaces import BatchStream


class ShuffledOrder:
    """An iterator over the indices of each batch, in shuffled order.

    Epoch e is a permutation pi_e of all samples, drawn from (seed, e) on the CPU, so that it is the same on every
    device. The epochs follow one another without a gap: the sample at position p, counted over all epochs and ranks,
    is ``pi_e[p - e * size]`` with ``e = p // size``. A batch may span two epochs, so every batch is full. Rank r takes
    the r-th part of each global batch of ``ranks * batch_size``.

    Args:
        size: number of samples.
        batch_size: batch size of one process.
        seed: fixes the permutations.
        device: device of the indices.
        rank, ranks: number of this process, and of processes.
        fingerprint: hash of the samples, if they may change between runs.

    Raises:
        DataError: there are fewer samples than a global batch has.
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        *,
        seed: int,
        device: torch.device | str = "cpu",
        rank: int = 0,
        ranks: int = 1,
        fingerprint: str | None = None,
    ) -> None:
        self.size, self.batch_size, self.seed, self.device, self.rank = size, batch_size, seed, device, rank
        self.global_batch, self.fingerprint = ranks * batch_size, fingerprint
        self.position = 0
        self._permutations: dict[int, Tensor] = {}
        if size < self.global_batch:
            raise DataError(
                f"the dataset has {size} samples, fewer than one batch of {self.global_batch} (over all processes)",
                remedy=_smaller(size // ranks),
            )

    def indices(self, position: int) -> Tensor:
        """``(batch_size,)`` of int64: this rank's part of the global batch that starts at ``position``."""
        epoch, start = divmod(position + self.rank * self.batch_size, self.size)
        head = self._permutation(epoch)[start : start + self.batch_size]
        missing = self.batch_size - len(head)
        return torch.cat([head, self._permutation(epoch + 1)[:missing]]) if missing else head

    def __next__(self) -> Tensor:
        """The next batch's indices."""
        indices = self.indices(self.position)
        self.advance()
        return indices

    def advance(self) -> None:
        """Move on by one batch."""
        self.position += self.global_batch

    @property
    def place(self) -> int:
        """The position of this rank's next sample, counted over all epochs and ranks."""
        return self.position + self.rank * self.batch_size

    def ahead(self) -> Iterator[Tensor]:
        """The batches from the current position on, for workers that read ahead; the position does not change."""
        position = self.position
        while True:
            yield self.indices(position)
            position += self.global_batch

    def state_dict(self) -> dict[str, Any]:
        """Seed, size, epoch and position in the epoch, and the fingerprint if there is one."""
        epoch, position = divmod(self.position, self.size)
        state = {"seed": self.seed, "size": self.size, "epoch": epoch, "position": position}
        return state if self.fingerprint is None else {**state, "fingerprint": self.fingerprint}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved position, with the saved seed.

        A state of an earlier version has no fingerprint, and is accepted if the size is the same.

        Raises:
            DataError: the dataset has changed since, or the state is damaged.
        """
        counts = [state.get(name) for name in ("size", "epoch", "position")]
        if type(state.get("seed")) is not int or not all(type(count) is int and count >= 0 for count in counts):
            raise DataError(
                "the place in the data that was saved is damaged", remedy="go on from another checkpoint, or start anew"
            )
        if state["size"] != self.size:
            raise DataError(
                f"the dataset has {self.size} samples, and had {state['size']} when this state was saved",
                remedy="restore the dataset and its options, or start a new run",
            )
        if self.fingerprint is not None and state.get("fingerprint", self.fingerprint) != self.fingerprint:
            raise DataError(
                "the dataset has as many samples as when this state was saved, and they are not the same ones",
                remedy="restore the files as they were, or start a new run",
            )
        if state["seed"] != self.seed:
            self.seed = state["seed"]
            self._permutations.clear()
        self.position = state["epoch"] * self.size + state["position"]

    def _permutation(self, epoch: int) -> Tensor:
        if epoch not in self._permutations:
            order = torch.randperm(self.size, generator=keyed_generator(self.seed, epoch))
            # A batch needs at most this epoch's permutation and the next.
            self._permutations = {e: kept for e, kept in self._permutations.items() if abs(e - epoch) == 1}
            self._permutations[epoch] = order.to(self.device)
        return self._permutations[epoch]


def _smaller(most: int) -> str:
    if most < 1:
        return "add samples, or use fewer processes"
    return f"ask for batches of at most {most} per process (--batch-size {most})"


class OrderedStream(BatchStream):
    """Batches in a :class:`ShuffledOrder`; a subclass says what a batch is."""

    def __init__(self, order: ShuffledOrder) -> None:
        self._order = order

    def state_dict(self) -> Mapping[str, Any]:
        """The position in the order."""
        return self._order.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a position, bit for bit.

        Raises:
            DataError: the dataset has changed since, or the state is damaged.
        """
        self._order.load_state_dict(state)

"""The order in which a finite dataset is seen."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from gpreg.errors import DataError
from gpreg_datasets.seeding import keyed_generator


class ShuffledOrder:
    """Which samples make up which batch.

    Epoch e is a permutation pi_e of all samples, drawn from (seed, e) on the CPU, so that it is the same on every
    device. The epochs follow one another without a gap: the sample at place p, counted over all epochs and ranks, is
    ``pi_e[p - e * size]`` with ``e = p // size``. A batch may span two epochs, so every batch is full. Rank r takes
    the r-th part of each global batch of ``ranks * batch_size``.

    Args:
        size: number of samples.
        batch_size: of one process.
        seed: fixes the permutations.
        device: where indices are wanted.
        rank, ranks: this process among how many.

    Raises:
        DataError: fewer samples than one global batch.
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
    ) -> None:
        self.size, self.batch_size, self.seed, self.device, self.rank = size, batch_size, seed, device, rank
        self.global_batch = ranks * batch_size
        self.position = 0
        self._permutations: dict[int, Tensor] = {}
        if size < self.global_batch:
            raise DataError(
                f"the dataset has {size} samples, fewer than one batch of {self.global_batch} (over all processes)",
                remedy=f"ask for batches of at most {size // ranks} per process",
            )

    def indices(self, position: int) -> Tensor:
        """``(batch_size,)`` of int64: this rank's part of the global batch that starts at place ``position``."""
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

    def ahead(self) -> Iterator[Tensor]:
        """The batches from here on, for who must know them early; does not move."""
        position = self.position
        while True:
            yield self.indices(position)
            position += self.global_batch

    def state_dict(self) -> dict[str, Any]:
        """The seed, the size, and the place: epoch and position in it."""
        epoch, position = divmod(self.position, self.size)
        return {"seed": self.seed, "size": self.size, "epoch": epoch, "position": position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a place; the seed is taken over.

        Raises:
            DataError: the dataset's size has changed since.
        """
        if state["size"] != self.size:
            raise DataError(
                f"the dataset has {self.size} samples, and had {state['size']} when this state was saved",
                remedy="restore the dataset, or start a new run",
            )
        if state["seed"] != self.seed:
            self.seed = state["seed"]
            self._permutations.clear()
        self.position = state["epoch"] * self.size + state["position"]

    def _permutation(self, epoch: int) -> Tensor:
        if epoch not in self._permutations:
            order = torch.randperm(self.size, generator=keyed_generator(self.seed, epoch))
            # A batch needs at most this epoch and the next.
            self._permutations = {e: kept for e, kept in self._permutations.items() if abs(e - epoch) == 1}
            self._permutations[epoch] = order.to(self.device)
        return self._permutations[epoch]

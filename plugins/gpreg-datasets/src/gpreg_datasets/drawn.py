"""Synthetic datasets: samples are drawn without end, on the device."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor

from gpreg.data.seeding import keyed_generator
from gpreg.errors import DataError
from gpreg.interfaces import Batch, BatchStream, Data, GaussianModes, SampleSpec
from gpreg.interfaces.dataset import Split


class Law(ABC):
    """A probability distribution that can be drawn from."""

    dim: int

    @abstractmethod
    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw ``(n, dim)`` samples in float32 on the device of ``rng``, using no other random numbers."""

    def to(self, device: torch.device | str) -> Self:
        """The law with its constants on ``device``."""
        return self


class DrawnData(Data):
    """A law as a dataset. The splits have the same law and different random numbers.

    Args:
        law: the law of the samples.
        split: the split.
        modes: the components, if the law is a Gaussian mixture.
        key: another key gives other random numbers for the same seed; for laws that must be independent.
    """

    def __init__(self, law: Law, *, split: Split, modes: GaussianModes | None = None, key: int = 0) -> None:
        self._law, self._key = law, (("train", "test").index(split), key)
        self.spec = SampleSpec(shape=(law.dim,))
        self.modes = modes

    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """New batches without end. With one seed, different kinds of device draw different samples."""
        rng = keyed_generator(seed, *self._key, device=device)
        return DrawnStream(self._law.to(device), batch_size, rng=rng, rank=rank, ranks=ranks)

    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """Draw ``n`` new samples."""
        return Batch(self._law.to(rng.device).sample(n, rng), None)


class DrawnStream(BatchStream):
    """Batches of a law. Each process draws the whole global batch, which is cheap, and keeps its part of it."""

    def __init__(self, law: Law, batch_size: int, *, rng: torch.Generator, rank: int, ranks: int) -> None:
        self._law, self._rng = law, rng
        self._global_batch = ranks * batch_size
        self._part = slice(rank * batch_size, (rank + 1) * batch_size)

    def __next__(self) -> Batch:
        """The next batch; always full."""
        return Batch(self._law.sample(self._global_batch, self._rng)[self._part], None)

    def state_dict(self) -> Mapping[str, Any]:
        """The state of the random generator."""
        return {"rng": self._rng.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state, bit for bit, on the same kind of device.

        Raises:
            DataError: it is no state of a random generator of this device.
        """
        try:
            self._rng.set_state(state["rng"])
        except (KeyError, TypeError, RuntimeError) as error:
            raise DataError(
                f"the place in the data that was saved is damaged: {error}",
                remedy="go on from another checkpoint, or start anew",
            ) from error

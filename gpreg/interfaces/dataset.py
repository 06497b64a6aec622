"""The dataset: where real samples come from."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from gpreg.interfaces.densities import Densities

Split = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class SampleSpec:
    """Shape, range and number of classes of a dataset's samples.

    Attributes:
        shape: shape of one sample: ``(2,)``, or ``(channels, height, width)``.
        value_range: the range of values; ``None``: all reals.
        classes: number of labels; ``None`` without labels.

    >>> SampleSpec(shape=(3, 32, 32), value_range=(-1, 1), classes=10).shape
    (3, 32, 32)
    """

    shape: tuple[int, ...]
    value_range: tuple[float, float] | None = None
    classes: int | None = None


class Batch(NamedTuple):
    """A batch of ``samples``, ``(B, *x)`` in float32, and ``labels``, ``(B,)`` in int64, or ``None``.

    >>> samples, labels = Batch(torch.zeros(4, 2), None)
    >>> samples.shape
    torch.Size([4, 2])
    """

    samples: Tensor
    labels: Tensor | None


@dataclass(frozen=True, kw_only=True)
class GaussianModes:
    """The components of a Gaussian mixture with equal weights: ``centres`` ``(K, d)``, and a common ``std``.

    >>> modes = GaussianModes(centres=torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), std=0.05)
    >>> len(modes.centres)
    2
    """

    centres: Tensor
    std: float


class BatchStream(ABC, Iterator[Batch]):
    """Batches without end, on one device, in an order that the seed fixes; it can be saved and continued.

    >>> from gpreg.data import ArrayData
    >>> stream = ArrayData(torch.arange(6.0)[:, None]).stream(4, seed=0)
    >>> position = stream.state_dict()
    >>> batch = next(stream)
    >>> stream.load_state_dict(position)
    >>> torch.equal(next(stream).samples, batch.samples)
    True
    """

    @abstractmethod
    def __next__(self) -> Batch:
        """The next batch; always full."""

    @abstractmethod
    def state_dict(self) -> Mapping[str, Any]:
        """The position in the stream, as tensors, numbers and strings only."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a position: the next batch is the one that would have followed, bit for bit."""


class Data(ABC):
    """An open dataset.

    Attributes:
        spec: shape, range and number of classes of the samples.
        size: number of samples; ``None`` if they are drawn without end.
        modes: the components, if the data is a Gaussian mixture.
        densities: the densities of the data and of the fake samples that go with it, if both are known.
        class_names: names of the labels 0, 1, ...; ``None`` without names.
        class_counts: number of samples of each label; ``None`` if unknown.
        notes: what a user should know about how the samples were read, a sentence each; shown when a run begins.
        record: what was read and what was left out, as JSON data; the run folder keeps it.

    >>> from gpreg.data import ArrayData
    >>> data = ArrayData(torch.arange(6.0)[:, None])
    >>> data.size, data.spec.shape
    (6, (1,))
    >>> data.take(2, rng=torch.Generator().manual_seed(0)).samples.shape
    torch.Size([2, 1])
    """

    spec: SampleSpec
    size: int | None = None
    modes: GaussianModes | None = None
    densities: Densities | None = None
    class_names: tuple[str, ...] | None = None
    class_counts: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    record: Mapping[str, Any] = MappingProxyType({})

    @abstractmethod
    def stream(
        self, batch_size: int, *, seed: int, device: torch.device | str = "cpu", rank: int = 0, ranks: int = 1
    ) -> BatchStream:
        """Shuffled batches without end.

        Args:
            batch_size: number of samples for this process.
            seed: fixes the order.
            device: device on which batches arrive.
            rank, ranks: number of this process, and of processes. All draw the same global batch of ``ranks *
                batch_size``, and each takes another part of it.

        Raises:
            DataError: there are fewer samples than a global batch has.
        """

    @abstractmethod
    def take(self, n: int, *, rng: torch.Generator) -> Batch:
        """Draw ``n`` different samples on the device of ``rng``, using no other random numbers.

        Raises:
            DataError: there are fewer than ``n``.
        """


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How to open a dataset: which split and range, and where the files are on this machine.

    Attributes:
        root: folder for data; ``None``: ``$GPREG_DATA``, else the user's cache folder.
        download: whether missing data may be downloaded.
        split: the split; synthetic data have the same law in both, but different random numbers.
        value_range: range to which images are scaled; ``None``: (-1, 1). Vectors are not scaled.

    >>> Opening(split="test", value_range=(0, 1)).download
    False
    """

    root: Path | None = None
    download: bool = False
    split: Split = "train"
    value_range: tuple[float, float] | None = None


class DatasetSource(ABC):
    """A dataset before anything is read; :meth:`open` reads it.

    >>> from gpreg.data import ArrayData
    >>> class Steps(DatasetSource):
    ...     def open(self, opening):
    ...         return ArrayData(torch.arange(10.0)[:, None])
    >>> Steps().open(Opening()).size
    10
    """

    @abstractmethod
    def open(self, opening: Opening) -> Data:
        """Read the dataset.

        Raises:
            DataError: it is missing or damaged; says what was looked for, where, and how to get it.
        """

"""A dataset that is checked: its splits, opened once, and a few batches of its stream."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from unittest import SkipTest

import torch

from gpreg.errors import GpregError, NotDownloaded
from gpreg.interfaces import Batch, BatchStream, Data, Opening
from gpreg.interfaces.dataset import Split
from gpreg.registry.kinds import DATASET
from gpreg.registry.registry import load_registry
from gpreg.registry.specs import DatasetSpec
from gpreg.testing.checks import Case, expect

BATCH = 7
"""A number that divides few sizes, so that batches span the ends of epochs."""


@dataclass(frozen=True)
class DatasetCase(Case):
    """A registered dataset with its options.

    Args:
        name: name of the dataset.
        options: its options.
        root: folder for data; ``None``: where the dataset looks by itself. Nothing is downloaded.

    >>> DatasetCase("8gaussians").data().spec.shape
    (2,)
    """

    kind = "dataset"
    root: Path | None = None
    kept: dict[Split, Data] = field(default_factory=dict, compare=False, repr=False)

    @property
    def spec(self) -> DatasetSpec:
        """The dataset's spec."""
        return load_registry().get(DATASET, self.name)

    def open(self, split: Split = "train", value_range: tuple[float, float] | None = None) -> Data:
        """Open the dataset anew.

        Raises:
            SkipTest: its files are not there, or it has no test split.
        """
        try:
            data: Data = self.build().open(Opening(root=self.root, split=split, value_range=value_range))
        except NotDownloaded as error:
            raise SkipTest(error.message) from error
        except GpregError as error:
            if split == "test" and self.data():
                raise SkipTest(f"it has no test split: {error.message}") from error
            if self.spec.availability in ("folder", "system") and not self.options:
                raise SkipTest(error.message) from error
            raise
        expect(isinstance(data, Data), f"opens a {type(data).__name__}, which is no gpreg.interfaces.Data")
        return data

    def data(self, split: Split = "train") -> Data:
        """A split of the dataset, opened once."""
        if split not in self.kept:
            self.kept[split] = self.open(split)
        return self.kept[split]

    def stream(self, seed: int = 5) -> BatchStream:
        """A stream of small batches of the training split."""
        return self.data().stream(batch_size(self.data()), seed=seed)


def batch_size(data: Data) -> int:
    """A batch size for which two processes have enough samples."""
    return BATCH if data.size is None else max(1, min(BATCH, data.size // 2))


def batches(stream: Iterator[Batch], data: Data) -> list[Batch]:
    """A few batches; of a small dataset so many that they reach into the second epoch."""
    number = 4 if data.size is None or data.size > 200 else data.size // batch_size(data) + 3
    return list(islice(stream, number))


def same(left: list[Batch], right: list[Batch]) -> bool:
    """Whether two lists of batches are equal, bit for bit."""
    return all(
        (one is None) == (other is None) and (one is None or other is None or torch.equal(one, other))
        for batch, other_batch in zip(left, right, strict=True)
        for one, other in zip(batch, other_batch, strict=True)
    )

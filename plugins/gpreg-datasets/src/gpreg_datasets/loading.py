"""Batches of a dataset by number, made by worker processes ahead of their use."""

import os
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

T = TypeVar("T")

MOST_WORKERS = 8
"""Processes that are started unless the options say otherwise: more seldom help on one machine."""


def load(dataset: "Dataset[T]", batches: Iterable[Tensor], *, workers: int = 0, pinned: bool = False) -> Iterator[T]:
    """``dataset.__getitems__(numbers)`` for each batch of numbers, in their order.

    Args:
        dataset: whose ``__getitems__`` makes whole batches.
        batches: numbers ``(B,)``; may be without end.
        workers: processes; 0: this one.
        pinned: whether tensors come in memory that a GPU copies from without waiting.
    """
    with warnings.catch_warnings():  # more workers than cores are the user's choice
        warnings.filterwarnings("ignore", "This DataLoader will create", UserWarning)
        loader = DataLoader(
            dataset,
            batch_sampler=_Numbers(batches),
            num_workers=workers,
            collate_fn=_as_made,
            pin_memory=pinned,
            generator=torch.Generator(),  # else the workers' seed is drawn from the global one
        )
        made = iter(loader)  # warns too
    yield from made


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Numbers:
    """Batches of numbers as lists, which is what a :class:`DataLoader` sends to its workers."""

    def __init__(self, batches: Iterable[Tensor]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[list[int]]:
        return (batch.tolist() for batch in self._batches)


def _as_made(batch: Any) -> Any:  # no lambda: it travels to the workers
    return batch

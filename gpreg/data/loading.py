"""Batches of a dataset, made by worker processes ahead of their use."""

import os
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

T = TypeVar("T")

MOST_WORKERS = 8
"""Processes that are started unless the options say otherwise: more seldom help on one machine."""


def load(dataset: "Dataset[T]", wanted: Iterable[Any], *, workers: int = 0, pinned: bool = False) -> Iterator[T]:
    """``dataset[request]`` for each request, in their order.

    Args:
        dataset: makes a whole batch of one request.
        wanted: the requests, such as lists of numbers; may be without end.
        workers: processes; 0: this one.
        pinned: whether tensors come in memory that a GPU copies from without waiting.
    """
    with warnings.catch_warnings():  # more workers than cores are the user's choice
        warnings.filterwarnings("ignore", "This DataLoader will create", UserWarning)
        loader = DataLoader(
            dataset,
            batch_size=None,
            sampler=wanted,
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


def _as_made(batch: Any) -> Any:  # no lambda: it travels to the workers
    return batch

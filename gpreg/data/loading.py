"""Let worker processes make the batches of a dataset ahead of their use."""

import os
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

T = TypeVar("T")

MOST_WORKERS = 8
"""Most worker processes that are started by default; more seldom help."""


def load(dataset: "Dataset[T]", wanted: Iterable[Any], *, workers: int = 0, pinned: bool = False) -> Iterator[T]:
    """``dataset[request]`` for each request, in their order.

    Args:
        dataset: makes a whole batch from one request.
        wanted: the requests, such as lists of indices; may be without end.
        workers: number of worker processes; 0: this process makes the batches.
        pinned: whether tensors are put into pinned memory, from which a GPU copies asynchronously.
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
            generator=torch.Generator(),  # else the workers' seed is drawn from torch's global generator
        )
        made = iter(loader)  # this may warn too
    yield from made


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _as_made(batch: Any) -> Any:  # no lambda, because it is pickled for the workers
    return batch

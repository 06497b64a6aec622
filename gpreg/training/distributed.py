"""Several processes, on one host or many, as ``torchrun`` starts them. The only file that knows torch.distributed.

The networks are not wrapped: wrappers hook into the backward pass, and so do not work with the penalty, which
differentiates the critic twice. Instead, gradients are averaged after the backward pass, as one flat vector.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gpreg.errors import DistributedError, UsageError
from gpreg.recipe import ComputeSettings
from gpreg.training.watch import Watch

PATIENCE = timedelta(days=2)
"""How long a process waits for another that is alive but busy: all wait while process 0 takes scores."""

_group: ContextVar[Any] = ContextVar("group", default=None)
"""Torch's group of the processes of the run that this one has joined; ``None``: all."""


class Ranks:
    """The processes of one run.

    Attributes:
        rank: number of this process, from 0; process 0 writes files.
        count: number of processes.
        local: number of this process among those of its host, which is also the number of its GPU.
        group: torch's group of the processes; ``None``: all.
    """

    def __init__(self, rank: int = 0, count: int = 1, local: int = 0) -> None:
        self.rank, self.count, self.local = rank, count, local
        self.group: Any = None

    @property
    def main(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its mean over the processes, by one all-reduce of a flat vector for each dtype."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        for group in _by_dtype(gradients):
            flat = torch.cat([gradient.flatten() for gradient in group])
            with together():
                dist.all_reduce(flat, group=self.group)
            flat /= self.count
            pieces = flat.split([gradient.numel() for gradient in group])
            torch._foreach_copy_(group, [p.view_as(g) for p, g in zip(pieces, group, strict=True)])

    def mean(self, tensor: Tensor) -> Tensor:
        """The mean of a tensor over the processes, without a graph; all must ask for it at the same time."""
        if self.count == 1:
            return tensor.detach()
        mean = tensor.detach().clone()
        with together():
            dist.all_reduce(mean, group=self.group)
        return mean / self.count

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the tensors of process 0: initial weights, anchors."""
        if self.count > 1:
            for tensor in tensors:
                with together():
                    dist.broadcast(tensor.detach(), src=0, group=self.group)

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is set in any process; all must call this at the same time."""
        if self.count == 1:
            return flag
        told = torch.tensor(float(flag), device=device)
        with together():
            dist.all_reduce(told, op=dist.ReduceOp.MAX, group=self.group)
        return bool(told)

    def gather(self, state: Any) -> list[Any]:
        """The state of every process, in the order of their ranks."""
        if self.count == 1:
            return [state]
        states: list[Any] = [None] * self.count
        with together():
            dist.all_gather_object(states, state, group=self.group)
        return states

    def part(self, whole: Tensor) -> Tensor:
        """This process's rows of a tensor that is equal in all processes."""
        return whole if self.count == 1 else whole.chunk(self.count)[self.rank]


def summed(tensor: Tensor) -> Tensor:
    """The sum of a tensor over the processes of the run, without a graph; all must ask for it at the same time.

    It is for plugins, which do not know the run's processes; where there is only one, the tensor is returned as it is.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return tensor
    total = tensor.detach().clone()
    with together():
        dist.all_reduce(total, group=_group.get())
    return total


def is_main() -> bool:
    """Whether this process is process 0 of its run, according to the environment variables of ``torchrun``.

    Raises:
        UsageError: the variables have impossible values.
    """
    return _launched().main


@contextmanager
def connected(compute: ComputeSettings) -> Iterator[Ranks]:
    """Connect the processes that ``torchrun`` has started; without it there is one.

    Inside the block, a thread in each process watches the others, and ends its process with exit code 1 if one has not
    answered for ``timeout_minutes``. Messages below the level of warnings are logged by process 0 only.

    Args:
        compute: the recipe's device, which determines the backend, and the time to wait.

    Raises:
        UsageError: there are fewer GPUs than processes on this host, or the environment has impossible values.
        DistributedError: not all processes have connected, or one has ended.
    """
    ranks = _launched()
    if ranks.count == 1:
        yield ranks
        return
    cuda = torch.cuda.is_available() and compute.device in ("auto", "cuda")
    if cuda and ranks.local >= torch.cuda.device_count():
        raise UsageError(
            f"process {ranks.local} of this host has no GPU: there are {torch.cuda.device_count()}",
            remedy="start as many processes as there are GPUs with --nproc-per-node, or add --device cpu",
        )
    if cuda:
        torch.cuda.set_device(ranks.local)
    limit = timedelta(minutes=compute.timeout_minutes)
    with together(f"not all {ranks.count} processes of the run came within {compute.timeout_minutes:g} minutes"):
        dist.init_process_group("gloo", timeout=limit)
    watch = Watch(ranks.rank, limit)
    try:
        with watch:
            with together():
                ranks.group = dist.new_group(backend="nccl" if cuda else "gloo", timeout=PATIENCE)
            joined = _group.set(ranks.group)
            try:
                with nullcontext() if ranks.main else _quiet():
                    yield ranks
            finally:
                _group.reset(joined)
    finally:
        with suppress(RuntimeError):
            dist.destroy_process_group()


@contextmanager
def _quiet() -> Iterator[None]:
    """Log only warnings and errors inside the block."""
    logger = logging.getLogger("gpreg")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def together(problem: str = "another process of the run has ended") -> Iterator[None]:
    """A block in which all processes communicate, so that it fails if one of them is gone.

    Raises:
        DistributedError: instead of torch's error about a lost connection.
    """
    try:
        yield
    except (RuntimeError, ValueError) as error:  # DistError is a RuntimeError
        raise DistributedError(
            f"{problem}: {(str(error).splitlines() or [''])[0][:200]}",
            remedy="its own message says why; `gpreg resume RUN`, with as many processes, goes on from the last "
            "checkpoint",
        ) from error


def _launched() -> Ranks:
    """The ranks by the environment variables of ``torchrun``.

    Raises:
        UsageError: a variable is no number, or out of bounds.
    """
    count = _number("WORLD_SIZE", 1, least=1)
    if count == 1:
        return Ranks()
    rank, local = _number("RANK", None, most=count - 1), _number("LOCAL_RANK", None, most=count - 1)
    _number("MASTER_PORT", None, most=65_535)
    if not os.environ.get("MASTER_ADDR"):
        raise _environment("MASTER_ADDR is not set, and is to be the address of the first host")
    return Ranks(rank, count, local)


def _number(name: str, default: int | None, *, least: int = 0, most: int = 1_000_000) -> int:
    word = os.environ.get(name, "" if default is None else str(default)).strip()
    if word.isascii() and word.isdecimal() and len(word) < 10 and least <= int(word) <= most:
        return int(word)
    said = f"is {word[:40]!r}" if word else "is not set"
    raise _environment(f"{name} {said}, and is to be a whole number from {least} to {most}")


def _environment(problem: str) -> UsageError:
    return UsageError(
        f"the environment does not describe the processes of a run: {problem}",
        remedy="start several processes with `torchrun --nproc-per-node 2 -m gpreg ...`, which sets all of it; unset "
        "WORLD_SIZE to train with one",
    )


def _by_dtype(tensors: list[Tensor]) -> list[list[Tensor]]:
    groups: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.dtype, []).append(tensor)
    return list(groups.values())

"""Several processes, on one host or many, as ``torchrun`` starts them. The only file that knows torch.distributed.

There is no wrapper around the networks: the penalty differentiates the critic twice, which wrappers that hook into the
backward pass rule out. Gradients are averaged after it, as one flat vector.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gpreg.errors import UsageError

PATIENCE = timedelta(hours=2)
"""How long a process waits for the others: process 0 takes the scores while they do."""


class Ranks:
    """The processes of one run.

    Attributes:
        rank: this process, from 0; 0 writes.
        count: how many there are.
        local: this process among those of its host; the number of its GPU.
    """

    def __init__(self, rank: int = 0, count: int = 1, local: int = 0) -> None:
        self.rank, self.count, self.local = rank, count, local

    @property
    def main(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its mean over the processes, by one all-reduce of one flat vector a dtype."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        for group in _by_dtype(gradients):
            flat = torch.cat([gradient.flatten() for gradient in group])
            dist.all_reduce(flat)
            flat /= self.count
            pieces = flat.split([gradient.numel() for gradient in group])
            torch._foreach_copy_(group, [p.view_as(g) for p, g in zip(pieces, group, strict=True)])

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the tensors of process 0: initial weights, anchors."""
        if self.count > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), src=0)

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether it is so in any process; each must ask at the same time."""
        if self.count == 1:
            return flag
        told = torch.tensor(float(flag), device=device)
        dist.all_reduce(told, op=dist.ReduceOp.MAX)
        return bool(told)

    def gather(self, state: Any) -> list[Any]:
        """The state of every process, in the order of their ranks."""
        if self.count == 1:
            return [state]
        states: list[Any] = [None] * self.count
        dist.all_gather_object(states, state)
        return states

    def part(self, whole: Tensor) -> Tensor:
        """This process's rows of what every process has drawn alike."""
        return whole if self.count == 1 else whole.chunk(self.count)[self.rank]


@contextmanager
def connected(device: str) -> Iterator[Ranks]:
    """The processes that ``torchrun`` has started; one alone without it.

    Args:
        device: as the recipe says; decides the backend.

    Raises:
        UsageError: there are fewer GPUs than processes on this host.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Ranks()
        return
    ranks = Ranks(int(os.environ["RANK"]), count, int(os.environ["LOCAL_RANK"]))
    cuda = torch.cuda.is_available() and device in ("auto", "cuda")
    if cuda and ranks.local >= torch.cuda.device_count():
        raise UsageError(
            f"process {ranks.local} of this host has no GPU: there are {torch.cuda.device_count()}",
            remedy="start as many processes as there are GPUs with --nproc-per-node, or add --device cpu",
        )
    if cuda:
        torch.cuda.set_device(ranks.local)
    dist.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    try:
        yield ranks
    finally:
        dist.destroy_process_group()


def _by_dtype(tensors: list[Tensor]) -> list[list[Tensor]]:
    groups: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.dtype, []).append(tensor)
    return list(groups.values())

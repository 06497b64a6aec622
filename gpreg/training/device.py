"""The device of a run, its processes and their threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from gpreg.errors import UsageError
from gpreg.recipe.settings import ComputeSettings
from gpreg.training.distributed import Ranks, connected


def device_for(name: str, ranks: Ranks) -> torch.device:
    """The device that a recipe's ``compute.device`` names, for this process.

    Args:
        name: ``auto`` (CUDA when present, else the CPU), or as torch writes it.
        ranks: the processes; on CUDA, each of several uses the GPU with its local number.

    Raises:
        UsageError: this machine has no such device.
    """
    cuda = torch.cuda.is_available()
    name = ("cuda" if cuda else "cpu") if name == "auto" else name
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"{name!r} is no device", remedy="use --device auto, cpu, cuda, cuda:1 or mps") from error
    if device.type not in ("cpu", "cuda", "mps"):
        raise UsageError(f"device {name!r} is none that runs use", remedy="use --device auto, cpu, cuda, cuda:1 or mps")
    if device.type == "cuda" and (not cuda or (device.index or 0) >= torch.cuda.device_count()):
        count = torch.cuda.device_count() if cuda else 0
        raise UsageError(f"device {name!r} is not here: torch sees {count} CUDA devices", remedy="use --device auto")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError("device 'mps' is not here", remedy="use --device auto")
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", ranks.local if ranks.count > 1 else torch.cuda.current_device())
    return device


@contextmanager
def cpu_threads(count: int | None) -> Iterator[None]:
    """Compute with a number of threads inside the block; ``None``: torch's default."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def computing(settings: ComputeSettings) -> Iterator[Ranks]:
    """Connect the processes of a run, each with the number of threads that the recipe states."""
    with connected(settings) as ranks, cpu_threads(settings.threads), by_itself():
        yield ranks


@contextmanager
def by_itself() -> Iterator[None]:
    """Compute as if nobody else used torch in this process.

    Its global random numbers on the CPU are restored at the end, and gradients are recorded inside, even where whoever
    calls has switched them off.
    """
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        yield


def to_device(network: nn.Module, device: torch.device, *, channels_last: bool) -> None:
    """Move a network in place; with ``channels_last``, its convolutions' weights get that memory format."""
    network.to(device)
    if channels_last:
        network.to(memory_format=torch.channels_last)


def arrange(samples: Tensor, *, channels_last: bool) -> Tensor:
    """Images in the memory format channels-last, if ``channels_last``; other samples as they are."""
    return samples.contiguous(memory_format=torch.channels_last) if channels_last and samples.dim() == 4 else samples

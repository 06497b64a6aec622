"""Call a critic of any kind, and leave it as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.critics.adapted import underlying
from gpreg.critics.outputs import one_a_sample


def critic_outputs(critic: Any, points: Tensor, labels: Tensor | None) -> Tensor:
    """The critic's raw outputs, ``(B, *x) [, (B,)] -> (B,)``; ``(B, 1)`` and the like are flattened.

    Raises:
        UsageError: the critic does not return one number for each sample.
    """
    return one_a_sample(critic(points) if labels is None else critic(points, labels), len(points))


@contextmanager
def preserved_buffers(module: Any) -> Iterator[None]:
    """Restore a module's buffers after the block; forward passes change running statistics and power iterations."""
    module = underlying(module)
    buffers = dict(module.named_buffers()) if isinstance(module, nn.Module) else {}
    saved = {name: buffer.detach().clone() for name, buffer in buffers.items()}
    try:
        yield
    finally:
        with torch.no_grad():
            for name, buffer in buffers.items():
                buffer.copy_(saved[name])


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode inside the block."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode

"""Call a critic of any kind, and refuse one that mixes the samples of a batch."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gpreg.errors import BatchCouplingError
from gpreg.penalties.adapted import underlying
from gpreg.penalties.outputs import one_a_sample

_REMEDY = (
    "Replace the layer by one that treats samples one by one (nn.GroupNorm, nn.LayerNorm, none), or put it in "
    "evaluation mode; allow_batch_coupling=True computes the batch's gradient all the same"
)


def critic_outputs(critic: Any, points: Tensor, labels: Tensor | None) -> Tensor:
    """The critic's raw outputs, ``(B, *x) [, (B,)] -> (B,)``; ``(B, 1)`` and the like are flattened.

    Raises:
        UsageError: the critic does not return one number for each sample.
    """
    return one_a_sample(critic(points) if labels is None else critic(points, labels), len(points))


class CouplingGuard:
    """Refuses critics whose output on one sample depends on the other samples of the batch.

    The gradient of ``D(x_1) + ... + D(x_B)`` consists of per-sample gradients only if D(x_i) depends on x_i alone. A
    critic is examined once in training mode and once in evaluation mode.
    """

    def __init__(self) -> None:
        self._seen: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[type["CouplingGuard"], tuple[()]]:
        return CouplingGuard, ()  # a copy, in another process perhaps, has seen no critic

    def __call__(self, critic: Any, points: Tensor, labels: Tensor | None) -> None:
        """Examine a critic, unless that was done before.

        Raises:
            BatchCouplingError: it mixes samples; names the layer if it is known.
        """
        own = underlying(critic)
        mode = getattr(own, "training", False)
        try:
            if self._seen.get(own) == mode:
                return
        except TypeError:  # it cannot be referred to weakly, so it is examined each time
            pass
        for name, module in own.named_modules() if isinstance(own, nn.Module) else ():
            if isinstance(module, _BatchNorm) and (module.training or not module.track_running_stats):
                raise BatchCouplingError(
                    f"the critic's layer {name!r} ({type(module).__name__}) normalises over the batch, so that "
                    "a penalty on each sample's gradient is not defined",
                    remedy=_REMEDY,
                )
        if len(points) > 1 and _couples(critic, points, labels):
            raise BatchCouplingError(
                "the critic's output on one sample depends on the others in the batch, so that a penalty on each "
                "sample's gradient is not defined",
                remedy=_REMEDY,
            )
        with suppress(TypeError):
            self._seen[own] = mode


def _couples(critic: Any, points: Tensor, labels: Tensor | None) -> bool:
    """Whether the first sample's output has a gradient with respect to other samples.

    Two samples do, which are cheap; a critic that takes no such batch is examined with all of them, so that only what
    it says of the user's own batch is raised.
    """
    try:
        return _reaches_others(critic, points[:2], None if labels is None else labels[:2])
    except Exception:
        if len(points) == 2:
            raise
        return _reaches_others(critic, points, labels)


def _reaches_others(critic: Any, points: Tensor, labels: Tensor | None) -> bool:
    points = points.detach().clone().requires_grad_()
    devices = [points.device] if points.device.type == "cuda" else []
    with torch.enable_grad(), torch.random.fork_rng(devices), preserved_buffers(critic):
        first = critic_outputs(critic, points, labels)[0]
        if not first.requires_grad:
            return False
        (grad,) = torch.autograd.grad(first, points, allow_unused=True)
    # NaN is no evidence of coupling: 0 * infinity is NaN too
    return grad is not None and bool(grad[1:].nan_to_num(0, 0, 0).count_nonzero())


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

"""What a critic of any kind learns: the modules and parameters behind it, and gradients by these."""

import inspect
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from gpreg.critics.adapted import underlying
from gpreg.critics.graph import checkpointed, leaves_of
from gpreg.errors import UsageError

_DEPTH = 4
"""How far functions that call functions are followed to the modules that they call."""


def modules_behind(function: Any, depth: int = _DEPTH) -> list[nn.Module]:
    """The module that a critic or generator is, or those that a function calls: in its closure, globals and arguments.

    >>> net = torch.nn.Linear(2, 1)
    >>> modules_behind(lambda x: net(x).flatten()) == [net]
    True
    """
    function = underlying(function)
    if isinstance(function, nn.Module):
        return [function]
    if not depth or isinstance(function, Tensor | str | type | ModuleType):
        return []
    found = {id(module): module for thing in _parts(function) for module in modules_behind(thing, depth - 1)}
    return list(found.values())


def _parts(function: Any) -> Iterable[Any]:
    if isinstance(function, partial):
        return [function.func, *function.args, *function.keywords.values()]
    if inspect.ismethod(function):
        return [function.__self__]
    if inspect.isfunction(function):
        with suppress(ValueError):  # a variable of the closure has no value yet
            variables = inspect.getclosurevars(function)
            return [*variables.nonlocals.values(), *variables.globals.values(), *(function.__defaults__ or ())]
        return []
    return list(vars(function).values()) if hasattr(function, "__dict__") else []


def parameters_behind(critic: Any, *outputs: Tensor) -> list[Tensor]:
    """The parameters that a critic learns: those of a module, or the leaves of its outputs' graph for a function.

    Args:
        critic: of any kind.
        outputs: its outputs, with their graph; inputs that require a gradient are leaves, too.
    """
    critic = underlying(critic)
    if isinstance(critic, nn.Module):
        return [parameter for parameter in critic.parameters() if parameter.requires_grad]
    found = leaves_of(*outputs)
    if checkpointed(*outputs):
        found += [own for module in modules_behind(critic) for own in module.parameters() if own.requires_grad]
    return list({id(own): own for own in found}.values())


def sharded(parameter: Tensor) -> bool:
    """Whether each process has a part of a parameter (FSDP2). Its gradient then comes by ``backward`` alone."""
    return hasattr(parameter, "full_tensor")


def gradients(scalar: Tensor, parameters: list[Tensor], scale: float | Tensor = 1.0) -> list[Tensor]:
    """The gradient of a scalar by each parameter; the graph stays, and no parameter's ``grad`` changes.

    Args:
        scalar: a loss or a penalty.
        parameters: they require a gradient.
        scale: the scalar is multiplied by it, and the gradient divided, against underflow in float16.

    Raises:
        UsageError: this takes ``backward``, and the critic's parameters have hooks that would see it.
    """
    if not (scalar.requires_grad and parameters):
        return [torch.zeros_like(parameter) for parameter in parameters]
    scaled = scalar * scale
    if checkpointed(scaled) or any(map(sharded, parameters)):
        found = _by_backward(scaled, parameters)
    else:
        found = list(
            torch.autograd.grad(scaled, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        )
    return [gradient / scale for gradient in found]


def _by_backward(scalar: Tensor, parameters: list[Tensor]) -> list[Tensor]:
    """By ``backward``, which reentrant checkpoints and sharded parameters require."""
    if any(getattr(parameter, "_post_accumulate_grad_hooks", None) for parameter in parameters):
        raise UsageError(
            "the critic is checkpointed with use_reentrant=True or sharded, so that gradients come by backward() "
            "alone, and its parameters have hooks that would take this for a training step",
            remedy="checkpoint it with use_reentrant=False, and step the optimizer outside backward()",
        )
    kept = [parameter.grad for parameter in parameters]
    try:
        for parameter in parameters:
            parameter.grad = None
        scalar.backward(retain_graph=True)
        return [torch.zeros_like(own) if own.grad is None else own.grad for own in parameters]
    finally:
        for parameter, grad in zip(parameters, kept, strict=True):
            parameter.grad = grad


@contextmanager
def placed(parameters: Sequence[Tensor], values: Sequence[Tensor]) -> Iterator[None]:
    """Give parameters other values in the block.

    The data is exchanged, and not overwritten: afterwards each has its own storage and version, so that a graph that
    was built before still is valid.
    """
    own = [parameter.data for parameter in parameters]
    try:
        for parameter, value in zip(parameters, values, strict=True):
            parameter.data = value.detach()
        yield
    finally:
        for parameter, data in zip(parameters, own, strict=True):
            parameter.data = data


@contextmanager
def unchanged(modules: list[nn.Module], device: torch.device) -> Iterator[None]:
    """Keep modules' buffers and the random states of torch, numpy and Python, whatever a forward pass does.

    In the block the modules have copies of their buffers.

    Args:
        modules: those that are run in the block.
        device: where they are.
    """
    state, of_numpy = random.getstate(), np.random.get_state()
    holders = [module for each in modules for module in each.modules()]
    kept = [(holder, name, buffer) for holder in holders for name, buffer in holder._buffers.items()]
    copies: dict[int, Tensor | None] = {}
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng([device] if device.type == "cuda" else []))
        for module in modules:  # else the processes of DistributedDataParallel wait for each other's gradients
            stack.enter_context(module.no_sync() if isinstance(module, DistributedDataParallel) else nullcontext())
        try:
            for holder, name, buffer in kept:
                if id(buffer) not in copies:
                    copies[id(buffer)] = None if buffer is None else buffer.detach().clone()
                holder._buffers[name] = copies[id(buffer)]
            yield
        finally:
            random.setstate(state)
            np.random.set_state(of_numpy)
            for holder, name, buffer in kept:
                holder._buffers[name] = buffer

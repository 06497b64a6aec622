"""The memory that a step needs: weights with all that belongs to them, and what is kept for the backward pass."""

import math
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList

from gpreg.training.roles import CRITIC, GENERATOR
from gpreg.training.setup import Setup

MEGABYTE = 1e6


class Memory:
    """The most memory that the steps of this process needed.

    On CUDA it is what the allocator says, everything included. Elsewhere it is the bytes of weights, gradients,
    optimisers and average, and those that autograd keeps for backward passes; they are counted from the first step of
    this process to the first one in which every lazy penalty and term is due, and not in compiled graphs.

    Args:
        setup: the set-up that is trained.
        step: number of generator steps done.
    """

    def __init__(self, setup: Setup, step: int) -> None:
        self._setup, self._kept = setup, 0.0
        terms = [term.every for player in setup.players.values() for term in player.terms.values()]
        every = math.lcm(setup.recipe.penalty.every, *terms)
        countable = setup.device.type != "cuda" and not setup.recipe.compute.compile
        self._until = -(-step // every) * every if countable else -1

    def of(self, step: int) -> AbstractContextManager[object]:
        """Watch a generator step."""
        return self._watched() if self.counts(step) else nullcontext()

    def counts(self, step: int) -> bool:
        """Whether what autograd keeps in a generator step counts."""
        return step <= self._until

    def add(self, kept: float) -> None:
        """Add what autograd kept in a step, in bytes; of one that several runs share, this run's share."""
        self._kept = max(self._kept, kept)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        with kept_for_backward(self._setup) as kept:
            yield
        self.add(kept.most)

    @property
    def megabytes(self) -> float | None:
        """The most so far; ``None``: it was not counted."""
        if self._setup.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._setup.device) / MEGABYTE
        return (bytes_of_weights(self._setup) + self._kept) / MEGABYTE if self._kept else None


class Kept:
    """Counts the bytes that autograd saves between two optimiser steps, each storage once.

    Args:
        parameters: the parameters, which are not counted.
        scale: how many times as many samples are meant. Weights that a parametrisation computes, and what it keeps of
            them, do not depend on the samples, and count once.
    """

    def __init__(self, parameters: Iterable[Tensor], scale: float) -> None:
        self.most = 0.0
        self._scale, self._now = scale, 0.0
        self._own = {parameter.untyped_storage().data_ptr() for parameter in parameters}
        self._saved: dict[int, Tensor] = {}  # keeps the storages alive, so that no address is used twice
        self._weights: dict[int, Tensor] = {}
        self._parametrising = False

    def pack(self, tensor: Tensor) -> Tensor:
        """Count a tensor that is saved."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._own and storage.data_ptr() not in self._saved:
            self._saved[storage.data_ptr()] = tensor
            once = self._parametrising or storage.data_ptr() in self._weights
            self._now += storage.nbytes() * (1 if once else self._scale)
            self.most = max(self.most, self._now)
        return tensor

    def begin(self, *_: object) -> None:
        """After a step of an optimiser, what was saved for its gradient is free."""
        self._saved.clear()
        self._weights.clear()
        self._now = 0.0

    def enter(self, *_: object) -> None:
        """Before a parametrisation computes a weight."""
        self._parametrising = True

    def leave(self, module: nn.Module, inputs: object, weight: Tensor) -> None:
        """After it has computed the weight."""
        self._parametrising = False
        self._weights[weight.untyped_storage().data_ptr()] = weight


@contextmanager
def kept_for_backward(setup: Setup, scale: float = 1.0) -> Iterator[Kept]:
    """Count inside the block what autograd keeps, or would keep of ``scale`` times as many samples."""
    parameters = (*setup.generator.parameters(), *setup.critic.parameters())
    optimizers = [setup.players[name].optimizer for name in (CRITIC, GENERATOR)]
    with kept_between_steps(parameters, optimizers, scale) as kept, ExitStack() as hooks:
        for module in (*setup.generator.modules(), *setup.critic.modules()):
            if isinstance(module, ParametrizationList):
                hooks.callback(module.register_forward_pre_hook(kept.enter).remove)
                hooks.callback(module.register_forward_hook(kept.leave).remove)
        yield kept


@contextmanager
def kept_between_steps(
    parameters: Iterable[Tensor], optimizers: Iterable[torch.optim.Optimizer], scale: float = 1.0
) -> Iterator[Kept]:
    """Count inside the block what autograd keeps, without parameters, until one of the optimisers steps."""
    kept = Kept(parameters, scale)
    with ExitStack() as hooks, torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda tensor: tensor):
        for optimizer in optimizers:
            hooks.callback(optimizer.register_step_post_hook(kept.begin).remove)
        yield kept


def bytes_of_weights(setup: Setup) -> float:
    """The bytes of all parameters with their gradients, of the optimisers' states and of the average."""
    networks = (setup.generator, setup.critic, setup.penalty)
    total = 2 * sum(p.numel() * p.element_size() for network in networks for p in network.parameters())
    for player in setup.players.values():
        for state in player.optimizer.state.values():
            total += sum(value.numel() * value.element_size() for value in state.values() if isinstance(value, Tensor))
    if setup.average:
        total += sum(p.numel() * p.element_size() for p in setup.average.generator.parameters())
    return float(total)

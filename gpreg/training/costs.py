"""What one step of a recipe costs, measured on a small batch before anything is trained."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gpreg.interfaces import Data
from gpreg.runs.data import open_data
from gpreg.runs.plan import Plan
from gpreg.training.game import Game
from gpreg.training.rehearsal import probe
from gpreg.training.setup import Setup, set_up

MEGABYTE = 1e6


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What training takes.

    Attributes:
        generator, critic: numbers of parameters.
        critic_passes: samples that go forward through the critic in one critic update, in batches.
        penalty_passes: how many of these are for the penalty alone.
        iteration_passes: critic and generator batches forward in one generator iteration.
        weights: bytes of networks, gradients, optimiser states and average.
        activations: bytes kept for backward passes, at most at once.
        critic_updates: of the whole run.
    """

    generator: int
    critic: int
    critic_passes: float
    penalty_passes: float
    iteration_passes: float
    weights: float
    activations: float
    critic_updates: int

    def lines(self) -> list[str]:
        """For reading."""
        return [
            f"generator          {self.generator:,} parameters",
            f"critic             {self.critic:,} parameters",
            f"critic update      {self.critic_passes:g} batches forward through the critic, "
            f"{self.penalty_passes:g} of them for the penalty alone",
            f"iteration          {self.iteration_passes:g} batches forward through both networks",
            f"run                {self.critic_updates:,} critic updates",
            f"memory, estimated  {(self.weights + self.activations) / MEGABYTE:,.0f} MB: "
            f"{self.weights / MEGABYTE:,.0f} for weights, gradients, optimisers and average, "
            f"{self.activations / MEGABYTE:,.0f} kept for the backward pass (data is extra)",
        ]


def costs(plan: Plan, data: Data | None = None) -> Costs:
    """Take one step on a few samples on the CPU, and count; memory grows in proportion to the batch.

    Args:
        plan: what would be trained.
        data: that of the plan, if it is open already.

    Raises:
        UsageError, DataError, PluginError: as setting up the run would.
    """
    recipe, settings = plan.recipe, plan.recipe.training
    data = data or open_data(plan)
    small = probe(plan, data)
    few = small.recipe.training.batch_size
    setup = set_up(small, data=data)
    game = Game(setup)
    game.play(0)  # the first step also looks whether the critic couples samples, and makes the optimisers' states
    with _counted(setup.critic) as seen, _counted(setup.generator) as made, _kept(setup) as kept:
        game.play(recipe.penalty.every)
    of_critic, of_generator = seen.samples[:-1], seen.samples[-1:]  # the generator's update looks at the critic last
    if setup.loss.needs_real:
        of_critic, of_generator = seen.samples[:-2], seen.samples[-2:]
    part = settings.batch_size / settings.accumulate / few
    lazy = 2 + (sum(of_critic) / few - 2) / recipe.penalty.every
    generated = 1 + (sum(made.samples) / few - 2) / recipe.penalty.every  # the penalty may generate some of its own
    generator_batch = (settings.generator_batch_size or settings.batch_size) / settings.batch_size
    return Costs(
        generator=_parameters(setup.generator),
        critic=_parameters(setup.critic),
        critic_passes=lazy,
        penalty_passes=lazy - 2,
        iteration_passes=settings.critic_steps * (lazy + generated) + generator_batch * (sum(of_generator) / few + 1),
        weights=_weights(setup),
        activations=kept.most * part,
        critic_updates=settings.steps * settings.critic_steps,
    )


class _Seen:
    def __init__(self) -> None:
        self.samples: list[int] = []


@contextmanager
def _counted(network: nn.Module) -> Iterator[_Seen]:
    seen = _Seen()
    handle = network.register_forward_pre_hook(lambda module, inputs: seen.samples.append(len(inputs[0])))
    try:
        yield seen
    finally:
        handle.remove()


class _Kept:
    """Counts the bytes that autograd saves between two optimiser steps, each storage once.

    Args:
        parameters: are there anyway, and not counted.
    """

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        self.most = 0
        self._now = 0
        self._own = {parameter.untyped_storage().data_ptr() for parameter in parameters}
        self._saved: dict[int, Tensor] = {}  # held, so that no address stands for two of them

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._own and storage.data_ptr() not in self._saved:
            self._saved[storage.data_ptr()] = tensor
            self._now += storage.nbytes()
            self.most = max(self.most, self._now)
        return tensor

    def begin(self, *_: object) -> None:
        """An optimiser has stepped: what was saved for it is free."""
        self._saved.clear()
        self._now = 0


@contextmanager
def _kept(setup: Setup) -> Iterator[_Kept]:
    kept = _Kept((*setup.generator.parameters(), *setup.critic.parameters()))
    players = (setup.critic_optimizer, setup.generator_optimizer)
    handles = [optimizer.register_step_post_hook(kept.begin) for optimizer in players]
    try:
        with torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda tensor: tensor):
            yield kept
    finally:
        for handle in handles:
            handle.remove()


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _weights(setup: Setup) -> float:
    networks = (setup.generator, setup.critic, setup.penalty)
    total = 2 * sum(p.numel() * p.element_size() for network in networks for p in network.parameters())
    for optimizer in (setup.critic_optimizer, setup.generator_optimizer, setup.measure_optimizer):
        for state in optimizer.state.values() if optimizer else ():
            total += sum(value.numel() * value.element_size() for value in state.values() if isinstance(value, Tensor))
    if setup.average:
        total += sum(p.numel() * p.element_size() for p in setup.average.generator.parameters())
    return float(total)

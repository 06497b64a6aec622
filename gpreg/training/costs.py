"""What one step of a recipe costs, measured on a small batch before anything is trained."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gpreg.interfaces import Data
from gpreg.recipe import Recipe
from gpreg.registry.registry import Registry
from gpreg.runs.data import DataAccess, open_data
from gpreg.training.distributed import Ranks
from gpreg.training.experiment import Experiment, set_up
from gpreg.training.game import Game
from gpreg.training.rehearsal import probe

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


def costs(recipe: Recipe, registry: Registry, access: DataAccess, data: Data | None = None) -> Costs:
    """Take one step on a few samples on the CPU, and count; memory grows in proportion to the batch.

    Args:
        recipe: complete, without clashes.
        registry: supplies what it names.
        access: how this machine gets at data.
        data: that of the recipe, if it is open already.

    Raises:
        UsageError, DataError, PluginError: as setting up the run would.
    """
    settings = recipe.training
    data = data or open_data(recipe, registry, access)
    small = probe(recipe, data)
    few = small.training.batch_size
    experiment = set_up(small, registry, access=access, ranks=Ranks(), data=data)
    game = Game(experiment)
    game.play(0)  # the first step also looks whether the critic couples samples, and makes the optimisers' states
    with _counted(experiment.critic) as seen, _counted(experiment.generator) as made, _kept(experiment) as kept:
        game.play(recipe.penalty.every)
    of_critic, of_generator = seen.samples[:-1], seen.samples[-1:]  # the generator's update looks at the critic last
    if experiment.loss.needs_real:
        of_critic, of_generator = seen.samples[:-2], seen.samples[-2:]
    part = settings.batch_size / settings.accumulate / few
    lazy = 2 + (sum(of_critic) / few - 2) / recipe.penalty.every
    generated = 1 + (sum(made.samples) / few - 2) / recipe.penalty.every  # the penalty may generate some of its own
    generator_batch = (settings.generator_batch_size or settings.batch_size) / settings.batch_size
    return Costs(
        generator=_parameters(experiment.generator),
        critic=_parameters(experiment.critic),
        critic_passes=lazy,
        penalty_passes=lazy - 2,
        iteration_passes=settings.critic_steps * (lazy + generated) + generator_batch * (sum(of_generator) / few + 1),
        weights=_weights(experiment),
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
def _kept(experiment: Experiment) -> Iterator[_Kept]:
    kept = _Kept((*experiment.generator.parameters(), *experiment.critic.parameters()))
    players = (experiment.critic_optimizer, experiment.generator_optimizer)
    handles = [optimizer.register_step_post_hook(kept.begin) for optimizer in players]
    try:
        with torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda tensor: tensor):
            yield kept
    finally:
        for handle in handles:
            handle.remove()


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _weights(experiment: Experiment) -> float:
    networks = (experiment.generator, experiment.critic, experiment.penalty)
    total = 2 * sum(p.numel() * p.element_size() for network in networks for p in network.parameters())
    for optimizer in (experiment.critic_optimizer, experiment.generator_optimizer, experiment.measure_optimizer):
        for state in optimizer.state.values() if optimizer else ():
            total += sum(value.numel() * value.element_size() for value in state.values() if isinstance(value, Tensor))
    if experiment.average:
        total += sum(p.numel() * p.element_size() for p in experiment.average.generator.parameters())
    return float(total)

"""Measure the costs of a step on a small batch, before anything is trained."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn

from gpreg.interfaces import Data
from gpreg.runs.data import open_data
from gpreg.runs.plan import Plan
from gpreg.training.game import Game
from gpreg.training.memory import MEGABYTE, bytes_of_weights, kept_for_backward
from gpreg.training.rehearsal import probe
from gpreg.training.roles import CRITIC, GENERATOR
from gpreg.training.setup import Setup, set_up


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The costs of training.

    Attributes:
        generator, critic: numbers of parameters.
        critic_passes: forward passes of the critic in one critic update, in batches.
        penalty_passes: those of them that only the penalty needs.
        terms: forward passes of both networks in one update that only a term needs, by its name in ``stats.jsonl``.
        iteration_passes: forward passes of critic and generator in one generator iteration.
        weights: bytes of networks, gradients, optimiser states and average.
        activations: most bytes that are kept for backward passes at one time.
        critic_updates: number of critic updates of the whole run.
    """

    generator: int
    critic: int
    critic_passes: float
    penalty_passes: float
    terms: Mapping[str, float]
    iteration_passes: float
    weights: float
    activations: float
    critic_updates: int

    def lines(self) -> list[str]:
        """The costs in words, for the user."""
        told = {
            "generator": f"{self.generator:,} parameters",
            "critic": f"{self.critic:,} parameters",
            "critic update": f"{self.critic_passes:g} batches forward through the critic, "
            f"{self.penalty_passes:g} of them for the penalty alone",
            **{name: f"{passes:g} batches forward for this term alone" for name, passes in self.terms.items()},
            "iteration": f"{self.iteration_passes:g} batches forward through both networks",
            "run": f"{self.critic_updates:,} critic updates",
            "memory, estimated": f"{(self.weights + self.activations) / MEGABYTE:,.0f} MB: "
            f"{self.weights / MEGABYTE:,.0f} for weights, gradients, optimisers and average, "
            f"{self.activations / MEGABYTE:,.0f} kept for the backward pass (data is extra)",
        }
        width = max(18, *map(len, told))
        return [f"{name:{width}} {text}" for name, text in told.items()]


def costs(plan: Plan, data: Data | None = None) -> Costs:
    """Take one step with a few samples on the CPU, count, and scale memory up to the recipe's batch.

    Args:
        plan: the plan to be trained.
        data: the plan's data, if they are open already.

    Raises:
        UsageError, DataError, PluginError: see :func:`gpreg.training.setup.set_up`.
    """
    recipe, settings = plan.recipe, plan.recipe.training
    data = data or open_data(plan)
    small = probe(plan, data)
    few = small.recipe.training.batch_size
    setup = set_up(small, data=data)
    every = {
        player.column(name): term.every for player in setup.players.values() for name, term in player.terms.items()
    }
    game = Game(setup)
    game.play(0)  # not counted: it also examines whether the critic mixes samples, and makes the optimisers' states
    part = settings.batch_size / settings.accumulate / few
    with _counted(setup) as seen, kept_for_backward(setup, part) as kept:
        game.play(math.lcm(recipe.penalty.every, *every.values()))  # a step in which everything is due
    last = 2 if game.looks_at_real else 1  # calls of the critic in the generator's update, which comes last
    of_critic, of_generator = seen.critic[:-last], seen.critic[-last:]
    lazy = 2 + (sum(of_critic) / few - 2) / recipe.penalty.every
    generated = 1 + (sum(seen.generator) / few - 2) / recipe.penalty.every  # the penalty may generate some of its own
    generator_batch = (settings.generator_batch_size or settings.batch_size) / settings.batch_size
    terms = {name: seen.terms[name] / few / times for name, times in every.items()}
    of_terms = {
        player: sum(terms[setup.players[player].column(t)] for t in setup.players[player].terms)
        for player in (CRITIC, GENERATOR)
    }
    return Costs(
        generator=_parameters(setup.generator),
        critic=_parameters(setup.critic),
        critic_passes=lazy,
        penalty_passes=lazy - 2,
        terms=terms,
        iteration_passes=settings.critic_steps * (lazy + generated + of_terms[CRITIC])
        + generator_batch * (sum(of_generator) / few + 1 + of_terms[GENERATOR]),
        weights=bytes_of_weights(setup),
        activations=kept.most,
        critic_updates=settings.steps * settings.critic_steps,
    )


class _Seen:
    """Counts the samples in each call of the networks, and in all calls that a term makes."""

    def __init__(self) -> None:
        self.critic, self.generator, self.terms = list[int](), list[int](), Counter[str]()
        self._term: str | None = None

    def hook(self, calls: list[int]) -> Callable[[nn.Module, Any], None]:
        """A forward hook that counts the samples of a network's calls."""

        def count(module: nn.Module, inputs: Any) -> None:
            if self._term is None:
                calls.append(len(inputs[0]))
            else:
                self.terms[self._term] += len(inputs[0])

        return count

    def within(self, term: str | None) -> Callable[..., None]:
        """A hook that marks the beginning of a term; ``None``: its end."""

        def mark(*_: object) -> None:
            self._term = term

        return mark


@contextmanager
def _counted(setup: Setup) -> Iterator[_Seen]:
    seen = _Seen()
    handles = [
        setup.critic.register_forward_pre_hook(seen.hook(seen.critic)),
        setup.generator.register_forward_pre_hook(seen.hook(seen.generator)),
    ]
    for player in setup.players.values():
        for name, term in player.terms.items():
            handles.append(term.register_forward_pre_hook(seen.within(player.column(name))))
            handles.append(term.register_forward_hook(seen.within(None)))
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())

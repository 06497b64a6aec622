"""The game of several runs at once: what :class:`gpreg.training.game.Game` does for one, stacked."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from gpreg.penalties.objective import ObjectiveTerms
from gpreg.training.game import Iteration
from gpreg.training.joint.penalty import JointPenalty, Penalised
from gpreg.training.joint.player import JointPlayer
from gpreg.training.joint.stack import CriticStack, Stack
from gpreg.training.memory import Kept, kept_between_steps
from gpreg.training.optimizers import Schedule
from gpreg.training.roles import CRITIC, GENERATOR
from gpreg.training.setup import Setup, noisy


@dataclass(frozen=True, kw_only=True)
class CriticUpdate:
    """One update of N critics.

    Attributes:
        loss: ``(N,)``.
        penalised: the penalties.
        d_real, d_fake: ``(N, B)``, the outputs.
    """

    loss: Tensor
    penalised: Penalised
    d_real: Tensor
    d_fake: Tensor

    def of(self, index: int) -> ObjectiveTerms:
        """One run's part, without a graph."""
        loss, penalty = self.loss[index].detach(), self.penalised.values[index].detach()
        return ObjectiveTerms(
            total=loss + penalty,
            loss=loss,
            penalty=penalty,
            d_real=self.d_real[index].detach(),
            d_fake=self.d_fake[index].detach(),
            terms=self.penalised.terms.get(index),
        )


@dataclass(frozen=True, kw_only=True)
class JointIteration:
    """The results of one generator iteration of N runs.

    Attributes:
        critic: the last update of the critics.
        rows: ``(columns, N)``, what :class:`gpreg.training.statistics.Statistics` keeps of a step.
    """

    critic: CriticUpdate
    rows: Tensor

    def of(self, index: int) -> Iteration:
        """One run's part, for what a tick looks at; its losses and norms are in the rows."""
        return Iteration(critic=self.critic.of(index), values={}, norms={})


class JointGame:
    """All players of several runs, after the same number of steps.

    Every random number is drawn by the run's own generators, in the order in which the run alone would draw it. What is
    drawn is stacked; what costs time, the networks, is evaluated once for all runs.

    Args:
        setups: of the runs, see :mod:`gpreg.training.joint.fitness`.
    """

    def __init__(self, setups: Sequence[Setup]) -> None:
        self._setups, first = setups, setups[0]
        self._settings, self._loss, recipe = first.recipe.training, first.loss, first.recipe
        self._critic_of, self._generator_of = (
            CriticStack([setup.critic for setup in setups]),
            Stack([setup.generator for setup in setups]),
        )
        players, fused = [setup.players for setup in setups], recipe.compute.fused
        self._critic = JointPlayer(
            [of[CRITIC] for of in players], self._critic_of, recipe.critic_optimizer, fused=fused
        )
        self._generator = JointPlayer(
            [of[GENERATOR] for of in players], self._generator_of, recipe.generator_optimizer, fused=fused
        )
        self._penalty = JointPenalty([setup.penalty for setup in setups], [setup.recipe.form for setup in setups])
        averages = [setup.average.generator for setup in setups if setup.average]
        self._averages = [p.detach() for p in Stack(averages).take_over().parameters.values()] if averages else []
        self._schedule = Schedule(recipe.schedule, self._settings.steps)

    def play(self, step: int) -> JointIteration:
        """One generator iteration of every run; steps are counted from 0."""
        settings = self._settings
        self._follow_schedule(step)
        codes = self._codes_for_critic()
        for index in range(settings.critic_steps):
            real = self._real()
            z, fake = codes[index] if codes else self._made(self._draw(settings.batch_size))
            critic = self._critic_gradient(real, z, fake, step * settings.critic_steps + index)
            if settings.update == "alternating":
                norms = self._critic.update()
        real = self._real() if self._loss.needs_real and settings.generator_reals == "own" else real
        of_generator = self._generator_gradient(real)
        if settings.update == "simultaneous":
            norms = self._critic.update()
        rows = [critic.loss, critic.penalised.values, *norms, of_generator, *self._generator.update()]
        self._follow_generators(step)
        return JointIteration(critic=critic, rows=torch.stack([row.detach().float() for row in rows]))

    def watched(self) -> AbstractContextManager[Kept]:
        """Count inside the block each run's share of what autograd keeps."""
        both = (self._critic, self._generator)
        parameters = [parameter for player in both for parameter in player.parameters]
        return kept_between_steps(parameters, [player.optimizer for player in both], 1 / len(self._setups))

    def publish(self) -> None:
        """Give the runs all of their state that they do not share already."""
        self._critic.publish()
        self._generator.publish()

    def _follow_schedule(self, step: int) -> None:
        """Learning rates, second betas and rho of this iteration."""
        if self._schedule.moves:
            _, factor = self._schedule(step)
            for setup in self._setups:
                setup.penalty.factor = factor
            self._critic.follow(self._schedule, step)
            self._generator.follow(self._schedule, step)

    def _follow_generators(self, step: int) -> None:
        """Move the averages."""
        if self._averages and (average := self._setups[0].average):
            generators = [parameter.detach() for parameter in self._generator.parameters]
            torch._foreach_lerp_(self._averages, generators, 1 - average.decay(step))

    def _critic_gradient(self, real: Tensor, z: Tensor, fake: Tensor, index: int) -> CriticUpdate:
        """Gradients of the critics, by real samples, codes and fakes ``(N, B, ...)``, in the update of that index."""
        batches = [
            setup.penalty.batch(setup.critic, x, y, latent=code, generator=setup.generator, rng=setup.draws)
            for setup, x, y, code in zip(self._setups, real, fake, z, strict=True)
        ]
        samples = self._penalty.draw(batches, index)
        d_real, d_fake = self._critic_of(torch.cat([real, fake], dim=1)).chunk(2, dim=1)
        loss = self._mean(self._loss.critic_loss, d_real, d_fake)
        penalised = self._penalty(self._critic_of, samples, like=loss.detach())
        self._critic.backward(loss + penalised.values)
        return CriticUpdate(loss=loss, penalised=penalised, d_real=d_real, d_fake=d_fake)

    def _generator_gradient(self, real: Tensor) -> Tensor:
        """Gradients of the generators, and their losses ``(N,)``; a loss may pair fakes with real samples."""
        settings = self._settings
        z = self._draw(settings.generator_batch_size or settings.batch_size)
        d_fake = self._critic_of(self._generator_of(z))
        if self._loss.needs_real:
            with torch.no_grad():
                d_real = self._critic_of(real)
            loss = self._mean(self._loss.generator_loss, d_fake, d_real)
        else:
            loss = self._loss.generator_loss(d_fake.flatten(), None).view(d_fake.shape).mean(1)
        self._generator.backward(loss)
        return loss

    def _mean(self, loss: Callable[[Tensor, Tensor], Tensor], one: Tensor, other: Tensor) -> Tensor:
        """The mean loss of each run, ``(N,)``; a loss is a function of one sample's outputs."""
        return loss(one.flatten(), other.flatten()).view(one.shape).mean(1)

    def _real(self) -> Tensor:
        """A real batch of each run, ``(N, B, *x)``."""
        batches = [next(setup.stream).samples for setup in self._setups]
        return torch.stack(
            [noisy(batch, self._settings.noise, s.noise) for batch, s in zip(batches, self._setups, strict=True)]
        )

    def _draw(self, n: int) -> Tensor:
        """Codes ``(N, n, z)``."""
        return torch.stack([setup.generator.draw_latent(n, setup.latents) for setup in self._setups])

    def _made(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Codes, and the fakes that are made of them, without a graph."""
        with torch.no_grad():
            return z, self._generator_of(z)

    def _codes_for_critic(self) -> list[tuple[Tensor, Tensor]]:
        """Codes and fakes for all critic updates of an iteration; empty if each makes its own."""
        settings = self._settings
        if settings.critic_fakes == "each":
            return []
        whole = torch.cat([self._draw(settings.batch_size) for _ in range(settings.critic_steps)], dim=1)
        z, fake = (part.split(settings.batch_size, dim=1) for part in self._made(whole))
        return list(zip(z, fake, strict=True))

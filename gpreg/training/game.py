"""The game: one generator iteration, with the critic updates that come before it. Read it from top to bottom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpreg.critics.calls import critic_outputs
from gpreg.interfaces import Batch, TermBatch
from gpreg.penalties.addition import add_terms
from gpreg.penalties.autocast import at_least_float32
from gpreg.penalties.objective import ObjectiveTerms
from gpreg.training.device import arrange
from gpreg.training.optimizers import Schedule, initial_rates
from gpreg.training.players import Player
from gpreg.training.roles import CRITIC, GENERATOR, MEASURE
from gpreg.training.setup import Setup, labels_seen, noisy


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """The results of one generator iteration. Tensors stay on the device, so that nothing here synchronises with it.

    Attributes:
        critic: the objective of the last critic update, its last part.
        values: what each player minimised the sum of, scalars by their names in ``stats.jsonl``; the critic's and the
            measure's of their last update; and what augmentations show.
        norms: of each parameter's gradient, by player, likewise.
    """

    critic: ObjectiveTerms
    values: Mapping[str, Tensor]
    norms: Mapping[str, Sequence[Tensor]]


class Game:
    """All players of a run.

    Args:
        setup: the set-up with the networks to train.

    Attributes:
        looks_at_real: whether the generator's update evaluates the critic on real samples, too.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup, self._settings = setup, setup.recipe.training
        self._seen = setup.seen_critic
        self._critic, self._generator = setup.players[CRITIC], setup.players[GENERATOR]
        self._measure = setup.players.get(MEASURE)
        self._with_critic = [player for player in (self._critic, self._measure) if player]
        self._schedule = Schedule(setup.recipe.schedule, self._settings.steps)
        for player in setup.players.values():
            initial_rates(player.optimizer)
        self._channels_last = setup.recipe.compute.channels_last
        self._scaled = setup.recipe.compute.precision == "fp16"
        self._gives_generator = bool(self._critic.terms) or "generator" in setup.penalty.measure.needs
        self.looks_at_real = setup.loss.needs_real or any("d_real" in t.needs for t in self._generator.terms.values())
        self._shares_labels = setup.loss.needs_real or self._settings.fake_labels == "batch"
        self._draws_own_reals = self._shares_labels and self._settings.generator_reals == "own"

    def play(self, step: int) -> Iteration:
        """One generator iteration; steps are counted from 0."""
        settings = self._settings
        self._follow_schedule(step)
        codes = self._codes_for_critic()
        for index in range(settings.critic_steps):
            real = self._real()
            z, ready = codes[index] if codes else (self._draw(settings.batch_size), None)
            critic, values = self._critic_gradient(real, z, ready, step * settings.critic_steps + index)
            if settings.update == "alternating":
                norms = self._update(self._with_critic)
        real = self._real() if self._draws_own_reals else real
        values = values | self._generator_gradient(real, step) | self._critic.shown()
        if settings.update == "simultaneous":
            norms = self._update(self._with_critic)
        norms = norms | self._update([self._generator])
        if self._setup.average:
            self._setup.average.update(step)
        return Iteration(critic=critic, values=values, norms=norms)

    def _follow_schedule(self, step: int) -> None:
        """Learning rates, second betas, rho and augmentations of this iteration."""
        for augmentation in self._critic.augmentations.values():
            augmentation.follow(self._schedule.way(step))
        if self._schedule.moves:
            _, self._setup.penalty.factor = self._schedule(step)
            for player in self._setup.players.values():
                self._schedule.follow(player.optimizer, step)

    def _critic_gradient(
        self, real: Batch, z: Tensor, ready: Tensor | None, index: int
    ) -> tuple[ObjectiveTerms, dict[str, Tensor]]:
        """Gradients of the critic, and of a measure that learns; the batch may come in parts.

        Args:
            real: the batch.
            z: codes of the fakes.
            ready: these fakes, if they are made already.
            index: of this update; parts of one batch are one step of a lazy penalty.
        """
        setup, parts = self._setup, self._settings.accumulate
        for player in self._with_critic:
            player.optimizer.zero_grad()
        labels, found = labels_seen(real, setup.spec), []
        for part in range(parts):
            x, y, code, fake = (_part(whole, part, parts) for whole in (real.samples, labels, z, ready))
            material: dict[str, Any] = {"latent": code, "labels": y, "rng": setup.draws}
            if self._gives_generator:
                material["generator"] = setup.generator
            with setup.precision.autocast():
                if fake is None:
                    with torch.no_grad():
                        fake = self._generate(code, y)
                if self._scaled:
                    setup.penalty.gradient_scale = setup.precision.gradient_scale(CRITIC)
                terms = setup.objective(self._seen, x, fake, step=index, **material)
            self._critic.backward(terms.total, parts)
            for augmentation in self._critic.augmentations.values():
                augmentation.observe(terms.d_real.detach())
            values = {"critic_loss": terms.loss.detach(), "penalty": terms.penalty.detach()}
            values |= {self._critic.column(name): value for name, value in terms.others.items()}
            if self._measure:
                values["measure_loss"] = self._measure_gradient(self._measure, x, fake, material)
            found.append(values)
        return terms, _mean(found)

    def _measure_gradient(self, player: Player, real: Tensor, fake: Tensor, material: dict[str, Any]) -> Tensor:
        """Of the loss that a measure's own parameters minimise, which sees the critic's batch."""
        penalty = self._setup.penalty
        loss = penalty.measure.auxiliary_loss(penalty.batch(self._seen, real, fake, **material))
        if loss is None:
            return real.new_zeros(())
        player.backward(loss, self._settings.accumulate)
        return loss.detach()

    def _generator_gradient(self, real: Batch, index: int) -> dict[str, Tensor]:
        """Gradient of the generator.

        Args:
            real: batch for a loss that pairs fakes with real samples, and for terms.
            index: of this update.
        """
        setup, settings, player = self._setup, self._settings, self._generator
        player.optimizer.zero_grad()
        z = self._draw(settings.generator_batch_size or settings.batch_size)
        of_real = labels_seen(real, setup.spec)
        labels, found = of_real if self._shares_labels else self._labels(len(z)), []
        for part in range(settings.accumulate):
            whole = (z, labels, real.samples, of_real)
            code, y, x, y_of_real = (_part(one, part, settings.accumulate) for one in whole)
            with setup.precision.autocast():
                d_real = None
                if self.looks_at_real:
                    with torch.no_grad():
                        d_real = at_least_float32(critic_outputs(self._seen, x, y_of_real))
                fake = self._generate(code, y)
                d_fake = at_least_float32(critic_outputs(self._seen, fake, y))
                loss = total = setup.loss.generator_loss(d_fake, d_real).mean()
                values = {"generator_loss": loss.detach()}
                if player.terms:
                    batch = TermBatch(
                        step=index,
                        real=x,
                        fake=fake,
                        latent=code,
                        labels=y_of_real,
                        fake_labels=y,
                        d_real=d_real,
                        d_fake=d_fake,
                        critic=self._seen,
                        generator=setup.generator,
                        rng=setup.draws,
                        gradient_scale=setup.precision.gradient_scale(GENERATOR),
                        averaged=setup.ranks.mean,
                    )
                    total, others = add_terms(loss, player.terms, batch)
                    values |= {player.column(name): value for name, value in others.items()}
            player.backward(total, settings.accumulate)
            found.append(values)
        return _mean(found)

    def _update(self, players: Sequence[Player]) -> dict[str, Sequence[Tensor]]:
        """Update players, one after the other; returns the norms of their gradients."""
        return {player.name: player.update(self._setup.ranks) for player in players}

    def _real(self) -> Batch:
        samples, labels = next(self._setup.stream)
        samples = noisy(samples, self._settings.noise, self._setup.noise)
        return Batch(arrange(samples, channels_last=self._channels_last), labels)

    def _codes_for_critic(self) -> list[tuple[Tensor, Tensor]]:
        """Codes and samples for all critic updates of an iteration by one call; empty if each makes its own."""
        settings = self._settings
        if settings.critic_fakes == "each":
            return []
        codes = [self._draw(settings.batch_size) for _ in range(settings.critic_steps)]  # as if each made its own
        with torch.no_grad(), self._setup.precision.autocast():
            fake = self._generate(torch.cat(codes), None)
        return list(zip(codes, fake.split(settings.batch_size), strict=True))

    def _draw(self, n: int) -> Tensor:
        """Codes for this process: its part of those that all processes draw equally."""
        setup = self._setup
        return setup.ranks.part(setup.generator.draw_latent(n * setup.ranks.count, setup.latents))

    def _labels(self, n: int) -> Tensor | None:
        """Labels for n fakes of this process, drawn in the same way."""
        setup = self._setup
        return (
            None if setup.labels is None else setup.ranks.part(setup.labels.draw(n * setup.ranks.count, setup.latents))
        )

    def _generate(self, z: Tensor, labels: Tensor | None) -> Tensor:
        samples: Tensor = self._setup.generator(z) if labels is None else self._setup.generator(z, labels)
        return arrange(samples, channels_last=self._channels_last)


def _part(whole: Any, index: int, of: int) -> Any:
    return whole if whole is None or of == 1 else whole.chunk(of)[index]


def _mean(parts: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each number over the parts of a batch."""
    if len(parts) == 1:
        return parts[0]
    return {name: torch.stack([part[name] for part in parts]).mean() for name in parts[0]}

"""The game: one generator iteration, with the critic updates that come before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import Batch
from gpreg.penalties.autocast import at_least_float32
from gpreg.penalties.critics import critic_outputs
from gpreg.penalties.objective import ObjectiveTerms
from gpreg.training.device import arrange
from gpreg.training.optimizers import Schedule, initial_rates, set_rates
from gpreg.training.setup import Setup, labels_seen, noisy


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """What one generator iteration did. Tensors stay on the device: nothing here makes the host wait.

    Attributes:
        critic: the objective of the last critic update, its last part.
        critic_loss, penalty, generator_loss: scalars; of the last critic update.
        critic_norms, generator_norms: norm of each parameter's gradient.
    """

    critic: ObjectiveTerms
    critic_loss: Tensor
    penalty: Tensor
    generator_loss: Tensor
    critic_norms: Sequence[Tensor]
    generator_norms: Sequence[Tensor]


class Game:
    """Both players of an experiment.

    Args:
        setup: whose networks are trained.
    """

    def __init__(self, setup: Setup) -> None:
        self._own, self._settings = setup, setup.recipe.training
        self._critic_parameters = [p for p in setup.critic.parameters() if p.requires_grad]
        self._generator_parameters = [p for p in setup.generator.parameters() if p.requires_grad]
        self._schedule = Schedule(setup.recipe.schedule, self._settings.steps)
        self._optimizers = [setup.critic_optimizer, setup.generator_optimizer]
        if setup.measure_optimizer:
            self._optimizers.append(setup.measure_optimizer)
        self._rates = [initial_rates(optimizer) for optimizer in self._optimizers]
        self._channels_last = setup.recipe.compute.channels_last
        self._scaled = setup.recipe.compute.precision == "fp16"
        self._measure_needs = setup.penalty.measure.needs
        self._shares_labels = setup.loss.needs_real or self._settings.fake_labels == "batch"
        self._draws_own_reals = self._shares_labels and self._settings.generator_reals == "own"

    def play(self, step: int) -> Iteration:
        """One generator iteration; steps are counted from 0."""
        own, settings = self._own, self._settings
        if own.recipe.schedule.name != "constant":
            rate, own.penalty.factor = self._schedule(step)
            for optimizer, rates in zip(self._optimizers, self._rates, strict=True):
                set_rates(optimizer, rates, rate)
        codes = self._codes_for_critic()
        for index in range(settings.critic_steps):
            real = self._real()
            z, ready = codes[index] if codes else (self._draw(settings.batch_size), None)
            critic, loss, penalty = self._critic_gradient(real, z, ready, step * settings.critic_steps + index)
            if settings.update == "alternating":
                norms = self._update_critic()
        generator_loss = self._generator_gradient(self._real() if self._draws_own_reals else real)
        if settings.update == "simultaneous":
            norms = self._update_critic()
        generator_norms = self._update(own.generator_optimizer, self._generator_parameters, "generator")
        if own.average:
            own.average.update(step)
        return Iteration(
            critic=critic,
            critic_loss=loss,
            penalty=penalty,
            generator_loss=generator_loss,
            critic_norms=norms,
            generator_norms=generator_norms,
        )

    def _critic_gradient(
        self, real: Batch, z: Tensor, ready: Tensor | None, index: int
    ) -> tuple[ObjectiveTerms, Tensor, Tensor]:
        own, parts = self._own, self._settings.accumulate
        own.critic_optimizer.zero_grad()
        if own.measure_optimizer:
            own.measure_optimizer.zero_grad()
        labels = labels_seen(real, own.spec)
        losses = []
        for part in range(parts):
            x, y, code, made = (_part(whole, part, parts) for whole in (real.samples, labels, z, ready))
            with own.precision.autocast():
                if made is None:
                    with torch.no_grad():
                        made = self._generate(code, y)
                material: dict[str, Any] = {"latent": code, "labels": y, "rng": own.draws}
                if "generator" in self._measure_needs:
                    material["generator"] = own.generator
                if self._scaled:
                    own.penalty.gradient_scale = own.precision.gradient_scale("critic")
                # Parts of one batch are one step of a lazy penalty.
                terms = own.objective(own.critic, x, made, step=index, **material)
            own.precision.backward(terms.total / parts if parts > 1 else terms.total, "critic", self._critic_parameters)
            losses.append((terms.loss.detach(), terms.penalty.detach()))
            if own.measure_optimizer:
                self._measure_gradient(x, made, material, parts)
        if parts == 1:
            return terms, *losses[0]
        return terms, torch.stack([loss for loss, _ in losses]).mean(), torch.stack([p for _, p in losses]).mean()

    def _measure_gradient(self, real: Tensor, fake: Tensor, material: dict[str, Any], parts: int) -> None:
        own = self._own
        batch = own.penalty.batch(own.critic, real, fake, **material)
        loss = own.penalty.measure.auxiliary_loss(batch)
        if loss is not None:
            (loss / parts).backward(inputs=list(own.penalty.parameters()))

    def _update_critic(self) -> Sequence[Tensor]:
        own = self._own
        norms = self._update(own.critic_optimizer, self._critic_parameters, "critic")
        own.penalty.measure.project(own.critic)
        if own.measure_optimizer:
            own.ranks.average_gradients(own.penalty.parameters())
            own.measure_optimizer.step()
        return norms

    def _generator_gradient(self, real: Batch) -> Tensor:
        own, settings = self._own, self._settings
        own.generator_optimizer.zero_grad()
        z = self._draw(settings.generator_batch_size or settings.batch_size)
        labels = labels_seen(real, own.spec) if self._shares_labels else self._labels(len(z))
        losses = []
        for part in range(settings.accumulate):
            code, y, x = (_part(whole, part, settings.accumulate) for whole in (z, labels, real.samples))
            with own.precision.autocast():
                d_real = None
                if own.loss.needs_real:
                    with torch.no_grad():
                        d_real = at_least_float32(critic_outputs(own.critic, x, y))
                d_fake = at_least_float32(critic_outputs(own.critic, self._generate(code, y), y))
                loss = own.loss.generator_loss(d_fake, d_real).mean()
            scaled = loss / settings.accumulate if settings.accumulate > 1 else loss
            own.precision.backward(scaled, "generator", self._generator_parameters)
            losses.append(loss.detach())
        return losses[0] if len(losses) == 1 else torch.stack(losses).mean()

    def _update(
        self, optimizer: torch.optim.Optimizer, parameters: Sequence[nn.Parameter], player: str
    ) -> Sequence[Tensor]:
        own = self._own
        own.ranks.average_gradients(parameters)
        own.precision.unscale(optimizer, player)
        norms = torch._foreach_norm([torch.zeros_like(p) if p.grad is None else p.grad for p in parameters])
        own.precision.step(optimizer, player)
        return norms

    def _real(self) -> Batch:
        samples, labels = next(self._own.stream)
        samples = noisy(samples, self._settings.noise, self._own.noise)
        return Batch(arrange(samples, channels_last=self._channels_last), labels)

    def _codes_for_critic(self) -> list[tuple[Tensor, Tensor]]:
        """Codes and samples for all critic updates of an iteration by one call; empty if each makes its own."""
        settings = self._settings
        if settings.critic_fakes == "each":
            return []
        codes = [self._draw(settings.batch_size) for _ in range(settings.critic_steps)]  # as if each made its own
        with torch.no_grad(), self._own.precision.autocast():
            fake = self._generate(torch.cat(codes), None)
        return list(zip(codes, fake.split(settings.batch_size), strict=True))

    def _draw(self, n: int) -> Tensor:
        """Codes for this process: its part of what all processes draw alike."""
        own = self._own
        return own.ranks.part(own.generator.draw_latent(n * own.ranks.count, own.latents))

    def _labels(self, n: int) -> Tensor | None:
        own = self._own
        return None if own.labels is None else own.ranks.part(own.labels.draw(n * own.ranks.count, own.latents))

    def _generate(self, z: Tensor, labels: Tensor | None) -> Tensor:
        samples: Tensor = self._own.generator(z) if labels is None else self._own.generator(z, labels)
        return arrange(samples, channels_last=self._channels_last)


def _part(whole: Any, index: int, of: int) -> Any:
    return whole if whole is None or of == 1 else whole.chunk(of)[index]

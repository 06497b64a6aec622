"""A check's context for anybody's own networks: critic, generator, samplers and the choice of a penalty."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from gpreg.errors import OptionError, UsageError
from gpreg.interfaces import CheckContext, GANLoss, Generator, PenaltyBatch, PenaltyMeasure
from gpreg.interfaces.finding import Point
from gpreg.penalties.critics import preserved_buffers
from gpreg.registry.registry import load_registry
from gpreg.registry.specs import FormSpec, MeasureSpec

Sampler = Callable[[int, torch.Generator], Tensor]
"""``draw(n, rng) -> (n, ...)``."""


def check_context(
    critic: nn.Module,
    generator: nn.Module,
    real: Sampler | Tensor,
    *,
    latent: Sampler | None = None,
    measure: str | PenaltyMeasure = "mid",
    measure_options: Mapping[str, Any] | None = None,
    form: str | None = None,
    loss: str | GANLoss = "wasserstein",
    rho: float = 1.0,
    point: Point = "training",
    reference: nn.Module | None = None,
    n: int = 512,
    seed: int = 0,
) -> CheckContext:
    """What :func:`gpreg.theory.checks.runner.run_checks` looks at, for players and data of your own::

        report = run_checks(check_context(critic, generator, data, latent=codes, measure="mid", point="equilibrium"))

    Args:
        critic: ``(B, *x) -> (B,)``.
        generator: ``(B, z) -> (B, *x)``.
        real: draws real samples ``(n, *x)``; or all of them, ``(N, *x)``, of which batches are drawn.
        latent: draws codes ``(n, z)``; by default the generator's own ``draw_latent``.
        measure: a name from ``gpreg list-measures``, or a measure of your own.
        measure_options: of a named measure.
        form: a name from ``gpreg list-forms``; by default the measure's own, which of `wgan-gp` and `dragan` is not the
            theorem's; ``squared`` for a measure of your own.
        loss: a name from ``gpreg list-losses``, or a loss of your own.
        rho: coefficient of the penalty.
        point: what the players' parameters are, see :class:`CheckContext`. At ``"construction"`` the critic's last
            layer must be zero (:func:`gpreg.theory.networks.equilibrium.at_zero`); fakes are then real samples.
        reference: the critic at its initial weights, for scale.
        n: samples of a batch; fewer where there are not so many.
        seed: of all random numbers.

    Raises:
        UsageError: there is no way to draw codes, or there are fewer than four real samples.
        UnknownNameError, OptionError: no such measure, form or loss, or not such an option; a measure of your own has
            its options already.
    """
    registry = load_registry()
    device = next((parameter.device for parameter in critic.parameters()), torch.device("cpu"))
    draw_codes = latent or _own_codes(generator)
    draw_real, n = (real, n) if callable(real) else (_rows(real), _fitting(real, n, point))

    @torch.no_grad()
    def fresh(n: int, number: int) -> PenaltyBatch:
        rng = torch.Generator(device).manual_seed(seed + 7919 * number)
        z = draw_codes(n, rng).to(device)
        if point == "construction":
            samples, fake = draw_real(2 * n, rng).to(device).split(n)
        else:
            samples = draw_real(n, rng).to(device)
            with preserved_buffers(generator):
                fake = generator(z)
        return PenaltyBatch(real=samples, fake=fake, latent=z, critic=critic, generator=generator, rng=rng)

    batch = fresh(n, 0)
    if isinstance(measure, str):
        spec = cast(MeasureSpec, registry.get("measure", measure))
        claims, form = spec.claims, form or spec.form
        own = cast(PenaltyMeasure, registry.build("measure", measure, measure_options))
    else:
        _refuse_options(measure, measure_options)
        own, claims, form = measure, (), form or "squared"
    own.prepare(batch)
    own.to(device)
    return CheckContext(
        measure=own,
        form=registry.build("form", form),
        loss=registry.build("loss", loss) if isinstance(loss, str) else loss,
        batch=batch,
        second_batch=fresh(n, 1),
        rho=rho,
        simple=cast(FormSpec, registry.get("form", form)).simple,
        claims={claim.assumption: claim for claim in claims},
        point=point,
        reference=reference,
        fresh=fresh,
    )


def _refuse_options(measure: PenaltyMeasure, given: Mapping[str, Any] | None) -> None:
    """What is built already takes no options."""
    if given:
        raise OptionError(
            f"measure_options {sorted(given)} were given with a {type(measure).__name__} that is built already",
            remedy="give it its options when you make it, or name a measure of `gpreg list-measures`",
        )


def _own_codes(generator: nn.Module) -> Sampler:
    if not isinstance(generator, Generator):
        raise UsageError(
            f"nothing says how the codes of {type(generator).__name__} are drawn",
            remedy="give latent=lambda n, rng: torch.randn(n, z, generator=rng)",
        )
    return generator.draw_latent


def _rows(samples: Tensor) -> Sampler:
    def draw(n: int, rng: torch.Generator) -> Tensor:
        order = torch.randperm(len(samples), generator=rng, device=rng.device)[:n]
        return samples[order.to(samples.device)]

    return draw


def _fitting(samples: Tensor, n: int, point: Point) -> int:
    """A batch of which two, and at the construction their fakes, fit into the samples."""
    parts = 4 if point == "construction" else 2
    if len(samples) < parts:
        raise UsageError(f"{len(samples)} real samples make no two independent batches", remedy=f"give {parts} or more")
    return min(n, len(samples) // parts)

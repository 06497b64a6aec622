"""The context of the checks for networks of one's own, from critic, generator, samplers and a choice of penalty."""

from collections.abc import Callable
from typing import get_args

import torch
from torch import Tensor, nn

from gpreg.critics.calls import preserved_buffers
from gpreg.errors import UsageError, did_you_mean
from gpreg.interfaces import CheckContext, GANLoss, Generator, GradientForm, PenaltyBatch, PenaltyMeasure
from gpreg.interfaces.finding import Point
from gpreg.penalties.assembly import part
from gpreg.registry.kinds import FORM, LOSS, MEASURE
from gpreg.registry.registry import Options, load_registry
from gpreg_theory.checks.evidence.form import form_at_zero

Sampler = Callable[[int, torch.Generator], Tensor]
"""``draw(n, rng) -> (n, ...)``."""


def check_context(
    critic: nn.Module,
    generator: nn.Module,
    real: Sampler | Tensor,
    *,
    latent: Sampler | None = None,
    measure: str | PenaltyMeasure | type[PenaltyMeasure] = "mid",
    measure_options: Options = None,
    form: str | GradientForm | type[GradientForm] | None = None,
    loss: str | GANLoss | type[GANLoss] = "wasserstein",
    rho: float = 1.0,
    point: Point = "training",
    reference: nn.Module | None = None,
    n: int = 512,
    seed: int = 0,
) -> CheckContext:
    """Make what :func:`gpreg_theory.checks.runner.run_checks` looks at, for networks and data of your own::

        report = run_checks(check_context(critic, generator, data, latent=codes, measure="mid", point="equilibrium"))

    Args:
        critic: ``(B, *x) -> (B,)``.
        generator: ``(B, z) -> (B, *x)``.
        real: draws real samples ``(n, *x)``; or all of them, ``(N, *x)``, of which batches are drawn.
        latent: draws codes ``(n, z)``; by default the generator's own ``draw_latent``.
        measure: a name from ``gpreg list-measures``; or a measure of your own, itself or its class.
        measure_options: the measure's options, if it is given by name or as a class.
        form: a name from ``gpreg list-forms``, or a form of your own, which counts as the theorem's if it acts like it
            near a gradient of 0. By default the measure's own form (not the theorem's for `wgan-gp` and `dragan`), and
            ``squared`` for a measure of your own.
        loss: a name from ``gpreg list-losses``, or a loss of your own.
        rho: coefficient of the penalty, at least 0.
        point: where in parameter space the players are, see :class:`CheckContext`. At ``"construction"`` the critic's
            last layer must be zero (:func:`gpreg_theory.networks.equilibrium.at_zero`), and fakes are real samples.
        reference: the critic at its initial weights, for scale.
        n: samples in a batch, at least 2; fewer are taken where there are not so many.
        seed: of all random numbers.

    Raises:
        UsageError: there is no way to draw codes, there are fewer than four real samples, or a value is out of its
            bounds.
        UnknownNameError, OptionError: there is no such measure, form, loss or option, or options are given for a
            measure that is built already.
    """
    _refuse_values(point, rho, n)
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
        spec = registry.get(MEASURE, measure)
        claims, form = spec.claims, spec.form if form is None else form
    else:
        claims, form = (), "squared" if form is None else form
    built_measure = part(MEASURE, measure, measure_options)
    built_form = part(FORM, form)
    declared = registry.get(FORM, form).simple if isinstance(form, str) else None
    built_measure.prepare(batch)
    built_measure.to(device)
    return CheckContext(
        measure=built_measure,
        form=built_form,
        loss=part(LOSS, loss),
        batch=batch,
        second_batch=fresh(n, 1),
        rho=rho,
        simple=form_at_zero(built_form).simple if declared is None else declared,
        claims={claim.assumption: claim for claim in claims},
        point=point,
        reference=reference,
        fresh=fresh,
    )


def _refuse_values(point: str, rho: float, n: int) -> None:
    if point not in get_args(Point):
        known = ", ".join(map(repr, get_args(Point)))
        raise UsageError(f"there is no point {point!r}{did_you_mean(point, get_args(Point))}; known are {known}")
    if not 0 <= rho < float("inf"):
        raise UsageError(f"rho is {rho!r}; it must be a finite number >= 0")
    if n < 2:
        raise UsageError(f"n is {n}; a batch has at least 2 samples")


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
    """The batch size with which two batches, and at the construction their fakes too, fit into the samples."""
    parts = 4 if point == "construction" else 2
    if len(samples) < parts:
        raise UsageError(f"{len(samples)} real samples make no two independent batches", remedy=f"give {parts} or more")
    return min(n, len(samples) // parts)

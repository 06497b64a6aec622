"""Batches of a set-up's data, and its networks as the context of the checks and as a game to linearise."""

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from gpreg.critics.calls import preserved_buffers
from gpreg.errors import UsageError
from gpreg.interfaces import Batch, CheckContext, GradientForm, PenaltyBatch
from gpreg.interfaces.finding import Point
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.runs.networks import architecture_of
from gpreg.training.seeds import generator_for
from gpreg.training.setup import Setup, labels_seen
from gpreg_theory.checks.evidence.form import form_at_zero
from gpreg_theory.networks.equilibrium import at_zero, last_linear
from gpreg_theory.networks.point import GamePoint

VECTOR = 32
"""Samples of up to this many numbers count as vectors, and as many are looked at as were asked for."""

IMAGES = 128
"""The most samples of more than :data:`VECTOR` numbers that are looked at."""

BATCHES = 6
"""The number of parts of a finite dataset, so that the batches of a check are independent: two of real samples, two
that stand for fakes, and a fresh one of each."""

DOUBLE = 200_000
"""Networks with up to this many parameters are linearised in float64, which tells weaker modes from roundoff."""

LARGE = 32
"""The number of samples for larger networks: time grows with it, and the strongest modes need no more."""

FEWEST_IN_ALL = 4
"""The fewest samples: two real ones, and two that stand for fakes."""

ON_THE_SIGMOID = 1 / 16
"""The factor of Q for a penalty on sigmoid(D) instead of D: at D = 0 the sigmoid's slope is 1/4."""


def samples_of(setup: Setup) -> int:
    """How many samples a check's batch has: as the recipe asks for, and fewer of images and of small datasets."""
    asked = max(setup.recipe.report.check_samples, 2)
    if torch.Size(setup.spec.shape).numel() > VECTOR:
        asked = min(asked, IMAGES)
    size = setup.data.size
    return asked if size is None else max(min(asked, size // BATCHES), 2)


@torch.no_grad()
def batch_of(setup: Setup, critic: nn.Module, generator: Any, *, n: int, seed: int, equilibrium: bool) -> PenaltyBatch:
    """A batch of n real and n fake samples, drawn with a seed of its own.

    Args:
        setup: the set-up whose data is drawn.
        critic, generator: the players.
        n: the number of real and of fake samples; fewer where there are not so many.
        seed: batches of different seeds are independent, up to samples that a finite dataset gives twice.
        equilibrium: whether fakes are data as well, so that p_g = p_d.
    """
    rng = generator_for(setup.recipe.training.seed, f"check {seed}", setup.device)
    size = setup.data.size
    n = n if size is None else min(n, max(size // 2, 1))
    wanted = 2 * n if equilibrium else n
    samples, labels = setup.data.take(wanted if size is None else min(wanted, size), rng=rng)
    seen = labels_seen(Batch(samples, labels), setup.spec)
    y, fake_labels = (None, None) if seen is None else (seen[:n], seen[-n:])
    z = generator.draw_latent(n, rng)
    if equilibrium:
        fake = samples[-n:]  # a single sample is its own fake
    else:
        with preserved_buffers(generator):
            fake = generator(z) if fake_labels is None else generator(z, fake_labels)
    return PenaltyBatch(
        rng=rng,
        real=samples[:n],
        fake=fake,
        latent=z,
        labels=y,
        fake_labels=fake_labels,
        critic=critic,
        generator=generator,
    )


def zeroed(setup: Setup) -> nn.Module:
    """A copy of the critic with its last layer zeroed, which makes an equilibrium if data takes the place of fakes.

    Raises:
        NoConstruction: the critic does not end in a linear layer of its own; says why.
    """
    few = batch_of(setup, setup.critic, setup.generator, n=4, seed=0, equilibrium=True)
    return at_zero(setup.critic, few.real, few.labels)


def context_of(setup: Setup, critic: nn.Module, *, point: Point, reference: nn.Module | None = None) -> CheckContext:
    """The context that the checks look at.

    Args:
        setup: the set-up, with its choices and data.
        critic: the critic at the point that is checked.
        point: where in parameter space that is; at ``"construction"`` data takes the place of fakes.
        reference: the critic at its initial weights; by default the set-up's own.
    """
    measure = setup.plan.spec(MEASURE)
    players = copy.deepcopy(critic), copy.deepcopy(setup.generator)

    def fresh(n: int, seed: int) -> PenaltyBatch:
        return batch_of(setup, *players, n=n, seed=seed, equilibrium=point == "construction")

    n = samples_of(setup)
    return CheckContext(
        measure=copy.deepcopy(setup.penalty.measure),
        form=setup.penalty.form,
        loss=setup.loss,
        batch=fresh(n, 0),
        second_batch=fresh(n, 1),
        rho=setup.penalty.rho,
        simple=setup.plan.spec(FORM).simple,
        claims={claim.assumption: claim for claim in measure.claims},
        architecture=architecture_of(setup.plan),
        point=point,
        reference=copy.deepcopy(setup.critic if reference is None else reference),
        fresh=fresh,
    )


def point_of(setup: Setup, critic: nn.Module, *, seed: int, equilibrium: bool) -> GamePoint:
    """The experiment's game at a point, on a frozen batch of a seed.

    Args:
        setup: the set-up, with its choices and data.
        critic: the critic at the point.
        seed: the seed of the batch.
        equilibrium: whether it is the one by construction: the penalty's fakes are data, as where p_g = p_d, and of
            the critic's parameters only the last layer's count, because Q and R are zero on all others.

    Raises:
        UsageError: there are fewer than four samples.
        MeasureError: the measure does not keep its contract.
    """
    size = setup.data.size
    if size is not None and size < FEWEST_IN_ALL:
        raise UsageError(
            f"{size} samples in all are too few to linearise the game on two batches of them",
            remedy=f"give {FEWEST_IN_ALL} samples or more, or --rho a number",
        )
    players = critic, setup.generator
    small = sum(parameter.numel() for player in players for parameter in player.parameters()) <= DOUBLE
    n = samples_of(setup) if small else min(samples_of(setup), LARGE)
    batch = batch_of(setup, *players, n=n, seed=seed, equilibrium=equilibrium)
    copies = copy.deepcopy(critic), copy.deepcopy(setup.generator)  # a measure may run them
    with preserved_buffers(setup.generator), preserved_buffers(critic):
        sample = copy.deepcopy(setup.penalty).draw(replace(batch, critic=copies[0], generator=copies[1]))
    generator: nn.Module = setup.generator
    layer = None
    if equilibrium:
        layer = last_linear(critic, batch.real[:2], None if batch.labels is None else batch.labels[:2])[0]
    if small:
        critic, generator = copy.deepcopy(critic).double(), copy.deepcopy(generator).double()
    names = None if layer is None else [f"{layer}.{name}" for name, _ in critic.get_submodule(layer).named_parameters()]
    return GamePoint.of(
        critic,
        generator,
        real=batch.real,
        latent=batch.latent,
        sample=sample,
        loss=setup.loss,
        rho=setup.penalty.rho,
        labels=batch.labels,
        fake_labels=batch.fake_labels,
        parameters=names,
    )


def curvature_scale(form: GradientForm, of: str = "logit") -> float:
    """The factor of Q for a gradient form phi(|grad D|): ``phi''(0) / 2``, which is 1 for ``|grad D|^2``.

    It is 0 for a form that is flat at 0, which damps no mode to first order.

    Args:
        form: the gradient form.
        of: what of the critic is penalised, ``"logit"`` or ``"sigmoid"``.

    Raises:
        UsageError: the form has a kink at 0, so that there is no linearised game.
    """
    own = form_at_zero(form)
    if not own.simple and own.slope != 0:
        raise UsageError(
            f"the game cannot be linearised with a gradient form that has a kink at 0: {own.evidence}",
            remedy="choose --form squared",
        )
    squash = ON_THE_SIGMOID if of == "sigmoid" else 1.0
    return squash * (1.0 if own.simple and abs(own.curvature / 2 - 1) < 1e-9 else own.curvature / 2)

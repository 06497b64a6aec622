"""What is known of the convergence theorem's assumptions for an experiment: ``checks.json``."""

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from gpreg.errors import AssumptionViolated, GpregError
from gpreg.interfaces import Batch, CheckContext, PenaltyBatch
from gpreg.penalties.critics import preserved_buffers
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.specs import FormSpec, MeasureSpec
from gpreg.runs.networks import architecture_of
from gpreg.training.seeds import generator_for
from gpreg.training.setup import Setup, labels_seen
from gpreg_theory.checks.declared import check as declared
from gpreg_theory.checks.report import Report
from gpreg_theory.checks.runner import run_checks
from gpreg_theory.networks.equilibrium import NoConstruction, at_zero

VECTOR = 32
"""Samples of up to so many numbers count as vectors, of which all that were asked for are looked at."""

IMAGES = 128
"""How many samples of more numbers than that are looked at, at most."""

BATCHES = 6
"""What a finite dataset is divided into, so that the batches of a check are independent: two with real samples, two
that stand for fakes, and a fresh one of both."""

SCHEMA = 1


def check(
    setup: Setup,
    *,
    reference: nn.Module | None = None,
    trained: bool = False,
    watch: Callable[[str], None] = lambda name: None,
) -> Report:
    """Check every assumption for an experiment; nothing of it is changed, no random number of it is drawn.

    Before training the critic's last layer is zeroed, where it is a linear one: with D = 0 everywhere, and data in
    the place of fakes, that is an equilibrium by construction. Where that is not possible, and for a trained
    experiment, the networks are looked at as they are.

    Args:
        setup: set up, or with trained networks.
        reference: the critic at its initial weights, for scale; by default the experiment's own.
        trained: whether its networks are to be looked at as they are.
        watch: told the name of each check before it begins.
    """
    if not setup.recipe.report.check_samples:
        return _claimed(setup, "nothing was measured: report.check_samples is 0")
    notes: tuple[str, ...] = ()
    critic, equilibrium = setup.critic, False
    try:
        if not trained:
            try:
                critic, equilibrium = zeroed(setup), True
            except NoConstruction as error:
                notes = (f"no equilibrium can be constructed: {error.message}",)
        context = context_of(setup, critic, equilibrium=equilibrium, reference=reference)
    except GpregError as error:  # such as too few samples for two batches, which training may do with
        return _claimed(setup, f"nothing could be measured: {error.message}")
    except Exception as error:  # what fails to judge a choice must not keep anybody from making it
        if os.environ.get("GPREG_STRICT_PLUGINS", "") not in ("", "0"):
            raise
        return _claimed(setup, f"nothing could be measured: {type(error).__name__}: {error}")
    report = run_checks(context, setup.plan.registry, watch=watch)
    return replace(report, notes=(*notes, *report.notes))


def _claimed(setup: Setup, note: str) -> Report:
    """What is known without looking: the form, and what the measure's package declares; and why no more is."""
    measure, form = _specs(setup)
    nothing: Any = None
    context = CheckContext(
        measure=setup.penalty.measure,
        form=setup.penalty.form,
        loss=setup.loss,
        batch=nothing,
        second_batch=nothing,
        rho=setup.penalty.rho,
        simple=form.simple,
        claims={claim.assumption: claim for claim in measure.claims},
    )
    return Report(findings=tuple(declared(context)), simple=form.simple, notes=(note,))


def _specs(setup: Setup) -> tuple[MeasureSpec, FormSpec]:
    return setup.plan.spec(MEASURE), setup.plan.spec(FORM)


def context_of(
    setup: Setup, critic: nn.Module, *, equilibrium: bool, reference: nn.Module | None = None
) -> CheckContext:
    """What the checks look at.

    Args:
        setup: whose choices and data these are.
        critic: at the point that is checked.
        equilibrium: whether that is the equilibrium by construction, with data in the place of fakes.
        reference: the critic at its initial weights; by default the experiment's own.
    """
    measure, form = _specs(setup)
    players = copy.deepcopy(critic), copy.deepcopy(setup.generator)

    def fresh(n: int, seed: int) -> PenaltyBatch:
        return batch_of(setup, *players, n=n, seed=seed, equilibrium=equilibrium)

    n = samples_of(setup)
    return CheckContext(
        measure=copy.deepcopy(setup.penalty.measure),
        form=setup.penalty.form,
        loss=setup.loss,
        batch=fresh(n, 0),
        second_batch=fresh(n, 1),
        rho=setup.penalty.rho,
        simple=form.simple,
        claims={claim.assumption: claim for claim in measure.claims},
        architecture=architecture_of(setup.plan),
        point="construction" if equilibrium else "training",
        reference=copy.deepcopy(setup.critic if reference is None else reference),
        fresh=fresh,
    )


def zeroed(setup: Setup) -> nn.Module:
    """A copy of the critic with its last layer zeroed: with data in the place of fakes, an equilibrium.

    Raises:
        NoConstruction: the critic does not end in a linear layer of its own; says why.
    """
    few = batch_of(setup, setup.critic, setup.generator, n=4, seed=0, equilibrium=True)
    return at_zero(setup.critic, few.real, few.labels)


def samples_of(setup: Setup) -> int:
    """How many samples a batch of a check has: what the recipe asks for, less for images and small datasets."""
    asked = max(setup.recipe.report.check_samples, 2)
    if torch.Size(setup.spec.shape).numel() > VECTOR:
        asked = min(asked, IMAGES)
    size = setup.data.size
    return asked if size is None else max(min(asked, size // BATCHES), 2)


@torch.no_grad()
def batch_of(setup: Setup, critic: nn.Module, generator: Any, *, n: int, seed: int, equilibrium: bool) -> PenaltyBatch:
    """An independent batch of n real and n fake samples, of a seed of its own.

    Args:
        setup: whose data this is.
        critic, generator: the players.
        n: real and, again, fake samples; fewer where there are not so many.
        seed: batches of different seeds are independent, up to samples that a finite dataset gives twice.
        equilibrium: take the fakes from the data, too: there p_g = p_d.
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
        fake = samples[-n:]  # of a single sample: itself
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


def document(report: Report, setup: Setup, *, step: int) -> dict[str, Any]:
    """A report as ``checks.json`` has it: ``{"schema": 1, "step", the choices, "findings", "verdicts", ...}``."""
    recipe = setup.recipe
    return {
        "schema": SCHEMA,
        "step": step,
        "measure": recipe.measure.name,
        "form": recipe.form.name,
        "loss": recipe.loss.name,
        "architecture": recipe.architecture.name,
        "dataset": recipe.dataset.name,
        **report.to_dict(),
    }


def refusal(report: Report) -> AssumptionViolated | None:
    """Why a strict run must not go on: each assumption that is violated, with its witness and what to change."""
    if not report.violated:
        return None
    broken = [report.decisive(name) for name in report.violated]
    told = "\n".join(f"assumption {finding.assumption} is violated: {finding.evidence}" for finding in broken)
    changes = "; ".join(dict.fromkeys(finding.remedy for finding in broken if finding.remedy))
    return AssumptionViolated(told, remedy=changes or "leave out --strict to go on all the same")

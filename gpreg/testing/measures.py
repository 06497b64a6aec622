"""Checks that every penalty measure must pass: of its points and weights, and of the penalty that they make."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from gpreg.interfaces import PenaltyMeasure
from gpreg.registry.kinds import FORM
from gpreg.registry.registry import load_registry
from gpreg.testing.checks import Check, expect
from gpreg.testing.critics import LinearCritic, QuadraticCritic
from gpreg.testing.drawn import MeasureCase
from gpreg.testing.measure_penalties import (
    averages_over_parts_of_a_batch,
    goes_on_where_it_was_saved,
    is_as_much_in_fewer_steps,
    survives_half_precision,
)
from gpreg.testing.measure_points import (
    covers_the_data_as_claimed,
    keeps_dtype_and_device,
    leaves_the_batch_alone,
    mixes_no_samples,
    reads_only_what_it_needs,
    stays_on_the_data_as_claimed,
)
from gpreg.testing.things import thing_checks


def builds_the_interface(case: MeasureCase) -> None:
    """The factory builds a PenaltyMeasure whose needs are fields of a batch."""
    measure = case.build()
    expect(isinstance(measure, PenaltyMeasure), f"builds a {type(measure).__name__}")
    unknown = measure.needs - {"real", "fake", "latent", "critic", "generator"}
    expect(not unknown, f"needs {sorted(unknown)}, which no batch has")


def is_reproducible_from_its_generator(case: MeasureCase) -> None:
    """The same random state gives the same points; torch's global random state is neither used nor changed."""
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = case.draw()
    expect(torch.equal(torch.get_rng_state(), before), "moves torch's global random state")
    torch.manual_seed(2)
    second = case.draw()
    if first is None or second is None:
        expect(first is second, "is the zero measure at one time and not at another")
        return
    expect(torch.equal(first.points, second.points), "draws other points from the same random state")


def keeps_the_generator_out(case: MeasureCase) -> None:
    """No gradient of the critic's penalty reaches the generator, and the generator's buffers do not change."""
    penalty, critic = case.penalty(), QuadraticCritic(case.shape)
    real, fake, material = case.batch()
    value = penalty(critic, real, fake, **material)
    if value.requires_grad:
        value.backward()
    reached = [name for name, p in material["generator"].named_parameters() if p.grad is not None]
    expect(not reached, f"sends a gradient to the generator's {reached}")
    sample = case.draw()
    expect(sample is None or not sample.points.requires_grad, "returns points with a graph")


def has_the_declared_mass(case: MeasureCase) -> None:
    """The mean weight is the mass that the spec states, if it states a number."""
    sample = case.draw()
    try:
        mass = float(case.spec.mass)
    except ValueError:
        return
    if sample is None:
        expect(mass == 0, f"is the zero measure, but the spec says mass {mass:g}")
    elif not callable(sample.weights):
        mean = 1.0 if sample.weights is None else float(sample.weights.mean())
        expect(abs(mean - mass) < 1e-12, f"has mass {mean:g}, but the spec says {mass:g}")


def tells_the_truth_about_its_points(case: MeasureCase) -> None:
    """If the sample's ``at`` says that its points *are* a batch, they are that batch."""
    sample = case.draw()
    if sample is None or sample.at is None:
        return
    real, fake, _ = case.batch()
    claimed = torch.cat([{"real": real, "fake": fake}[part] for part in sample.at.split("+")])
    expect(torch.equal(sample.points, claimed), f"says its points are {sample.at}, which they are not")


def carries_labels(case: MeasureCase) -> None:
    """Each point has a label if and only if the model is conditional."""
    sample = case.draw()
    if sample is not None:
        expect((sample.labels is not None) == case.conditional, "drops or invents labels")


def depends_on_the_critic_as_claimed(case: MeasureCase) -> None:
    """With one random state and two critics: equal points if 6a is claimed to hold, equal weights if 5a is."""
    claims = {claim.assumption: claim.verdict for claim in case.spec.claims}
    samples, weights = [], []
    for critic in (LinearCritic(case.shape, seed=1), QuadraticCritic(case.shape, seed=2)):
        penalty = case.penalty()
        real, fake, material = case.batch()
        sample = penalty.draw(penalty.batch(critic, real, fake, **material))
        if sample is None:
            return
        samples.append(sample)
        outputs = critic(sample.points, sample.labels)
        weights.append(sample.weights(outputs) if callable(sample.weights) else sample.weights)
    same_points = torch.equal(samples[0].points, samples[1].points)
    same_weights = weights[0] is None or (weights[1] is not None and torch.equal(weights[0], weights[1]))
    expect(same_points or claims.get("6a") != "holds", "claims 6a, but its points move with the critic")
    independent = same_points and same_weights
    expect(independent or claims.get("5a") != "holds", "claims 5a, but depends on the critic")


def equals_its_closed_form(case: MeasureCase) -> None:
    """With every form: for linear and quadratic critics the penalty is rho/2 * mean(weight * form(known gradient))."""
    for spec in load_registry().list(FORM):
        form = load_registry().build(FORM, spec.name)
        for critic in (LinearCritic(case.shape), QuadraticCritic(case.shape)):
            sample = case.draw()
            real, fake, material = case.batch()
            value = case.penalty(spec.name, rho=3.0)(critic, real, fake, **material)
            expected = torch.zeros((), dtype=torch.float64)
            if sample is not None:
                values = form(critic.gradient(sample.points))
                weights = sample.weights
                if callable(weights):
                    weights = weights(critic(sample.points, sample.labels))
                expected = 1.5 * (values if weights is None else values * weights).mean()
            error = float((value - expected).abs().detach() / expected.abs().detach().clamp_min(1))
            expect(error < 1e-9, f"with {spec.name} and {type(critic).__name__} is off by {error:.1e}")


def survives_a_zero_gradient(case: MeasureCase) -> None:
    """With every form: a critic without gradient gives a finite value and finite parameter gradients."""
    for spec in load_registry().list(FORM):
        critic = LinearCritic(case.shape, scale=0.0)
        real, fake, material = case.batch()
        value = case.penalty(spec.name)(critic, real, fake, **material)
        expect(value.isfinite(), f"with {spec.name} is {float(value.detach())} at a zero gradient")
        if value.requires_grad:
            value.backward()
            grad = critic.weight.grad
            expect(grad is None or bool(grad.isfinite().all()), f"with {spec.name} has a NaN gradient at zero")


MEASURE_CHECKS = (
    builds_the_interface,
    is_reproducible_from_its_generator,
    keeps_the_generator_out,
    has_the_declared_mass,
    tells_the_truth_about_its_points,
    carries_labels,
    depends_on_the_critic_as_claimed,
    equals_its_closed_form,
    survives_a_zero_gradient,
    leaves_the_batch_alone,
    mixes_no_samples,
    keeps_dtype_and_device,
)
"""The checks on samples of each shape."""

SHAPELESS_CHECKS = (
    reads_only_what_it_needs,
    averages_over_parts_of_a_batch,
    is_as_much_in_fewer_steps,
    survives_half_precision,
    goes_on_where_it_was_saved,
    stays_on_the_data_as_claimed,
    covers_the_data_as_claimed,
)
"""The checks for which the first shape is enough."""


def measure_checks(
    name: str,
    options: Mapping[str, Any] | None = None,
    shapes: Iterable[tuple[int, ...]] = ((2,), (1, 4, 4), (3, 4, 4), (4, 3, 5)),
) -> list[Check]:
    """Every check of a registered measure, on samples of each shape, with and without labels.

    >>> for check in measure_checks("mid", shapes=[(2,)]):
    ...     check()
    >>> print(check)
    mid-2-labels-keeps_dtype_and_device
    """
    cases = [MeasureCase(name, options or {}, shape, labels) for shape in shapes for labels in (False, True)]
    once = [Check(check, case) for case in cases[:2] for check in SHAPELESS_CHECKS]
    return (
        thing_checks(MeasureCase.kind, name, options)
        + once
        + [Check(check, case) for case in cases for check in MEASURE_CHECKS]
    )

"""Checks that every penalty measure must pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyMeasure, PenaltySample
from gpreg.penalties import Penalty
from gpreg.penalties.material import Material
from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.registry import load_registry
from gpreg.registry.specs import MeasureSpec
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.critics import LinearCritic, QuadraticCritic
from gpreg.testing.things import thing_checks

BATCH, LATENT = 5, 3


class _Generator(nn.Module):
    """``(B, z) [, (B,)] -> (B, *x)``, smooth, in float64, without normalisation."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(7)
        d = torch.Size(shape).numel()
        self.shape = shape
        self.weight = nn.Parameter(torch.randn(LATENT, d, generator=rng, dtype=torch.float64))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        x = torch.tanh(z @ self.weight).view(-1, *self.shape)
        return x if labels is None else x + 0.1 * labels.view(-1, *[1] * len(self.shape))


@dataclass(frozen=True)
class MeasureCase(Case):
    """A registered measure on samples of one shape in float64, with everything that it may need.

    Args:
        name: name of the measure.
        options: its options.
        shape: shape of one sample.
        conditional: whether there are labels.

    >>> case = MeasureCase("mid", shape=(3, 4, 4), conditional=True)
    >>> sample = case.draw()
    >>> sample.points.shape, sample.labels
    (torch.Size([5, 3, 4, 4]), tensor([0, 1, 1, 0, 1]))
    """

    kind = "measure"
    shape: tuple[int, ...] = (2,)
    conditional: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{'x'.join(map(str, self.shape))}{'-labels' * self.conditional}"

    @property
    def spec(self) -> MeasureSpec:
        """The measure's spec."""
        return load_registry().get(MEASURE, self.name)

    def penalty(self, form: str | None = None, **settings: Any) -> Penalty:
        """A new penalty with this measure and a form, by default that of the measure's spec."""
        built = load_registry().build(FORM, form or self.spec.form)
        return Penalty(self.build(), built, **{"rho": 2.0} | settings)

    def batch(self, seed: int = 0) -> tuple[Tensor, Tensor, Material]:
        """Real and fake samples ``(B, *x)``, with the generator's graph, and the other arguments of a step."""
        rng = torch.Generator().manual_seed(1000 + seed)
        generator = _Generator(self.shape)
        real = torch.randn(BATCH, *self.shape, generator=rng, dtype=torch.float64)
        latent = torch.randn(BATCH, LATENT, generator=rng, dtype=torch.float64)
        labels = torch.tensor([0, 1, 1, 0, 1]) if self.conditional else None
        material = Material(latent=latent, labels=labels, generator=generator, rng=torch.Generator().manual_seed(seed))
        return real, generator(latent, labels), material

    def draw(self, penalty: Penalty | None = None, seed: int = 0) -> PenaltySample | None:
        """The points that the measure returns for :meth:`batch`."""
        penalty = penalty or self.penalty()
        real, fake, material = self.batch(seed)
        return penalty.draw(penalty.batch(LinearCritic(self.shape), real, fake, **material))


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
)


def measure_checks(
    name: str,
    options: Mapping[str, Any] | None = None,
    shapes: Iterable[tuple[int, ...]] = ((2,), (1, 4, 4), (3, 4, 4), (4, 3, 5)),
) -> list[Check]:
    """Every check of a registered measure, on samples of each shape, with and without labels.

    >>> for check in measure_checks("mid", shapes=[(2,)]):
    ...     check()
    >>> print(check)
    mid-2-labels-survives_a_zero_gradient
    """
    cases = [MeasureCase(name, options or {}, shape, labels) for shape in shapes for labels in (False, True)]
    return thing_checks("measure", name, options) + [Check(check, case) for case in cases for check in MEASURE_CHECKS]

"""Wrong measures, each found by the check that is about it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from fixtures.kits import assert_found, outcomes, registry_with

from gpreg import Claim, FormSpec, MeasureSpec
from gpreg.interfaces import GradientForm, PenaltyMeasure, PenaltySample
from gpreg.testing import measure_checks


class Measure(PenaltyMeasure):
    """As it should be: noise about the real samples, and a weight for each."""

    needs = frozenset({"real"})

    def sample(self, batch):
        noise = torch.randn(batch.real.shape, generator=batch.rng, device=batch.real.device, dtype=batch.real.dtype)
        return PenaltySample(points=batch.real + 0.01 * noise, labels=batch.labels)


class OfReal(Measure):
    """Points are the real samples, with weights of a subclass."""

    def sample(self, batch):
        return PenaltySample(points=batch.real, weights=self.weights(batch), labels=batch.labels)

    def weights(self, batch):
        return None


class UsesTheGlobalRandomState(Measure):
    def sample(self, batch):
        return PenaltySample(points=batch.real + torch.randn_like(batch.real), labels=batch.labels)


class KeepsTheGeneratorsGraph(Measure):
    needs = frozenset({"latent", "real", "generator"})

    def sample(self, batch):
        with torch.enable_grad():
            codes = [batch.latent] if batch.labels is None else [batch.latent, batch.labels]
            return PenaltySample(points=batch.generator(*codes), labels=batch.labels)


class HasAnotherMass(OfReal):
    def weights(self, batch):
        return batch.real.new_full((len(batch.real),), 3.0)


class LiesAboutItsPoints(Measure):
    needs = frozenset({"real", "fake"})

    def sample(self, batch):
        return PenaltySample(points=(batch.real + batch.fake) / 2, labels=batch.labels, at="real")


class DropsLabels(Measure):
    def sample(self, batch):
        return PenaltySample(points=batch.real)


class FollowsTheCritic(Measure):
    needs = frozenset({"real", "critic"})

    def sample(self, batch):
        outputs = batch.critic(batch.real) if batch.labels is None else batch.critic(batch.real, batch.labels)
        return PenaltySample(points=batch.real + outputs.mean(), labels=batch.labels)


class WeighsByANormPerPixel(OfReal):
    """Divides the gradient's norm by the sum of its norms at each pixel."""

    needs = frozenset({"real", "critic"})

    def weights(self, batch):
        with torch.enable_grad():
            x = batch.real.detach().requires_grad_()
            outputs = batch.critic(x) if batch.labels is None else batch.critic(x, batch.labels)
            (grad,) = torch.autograd.grad(outputs.sum(), x)
        return grad.norm(dim=1).flatten(1).mean(1) / grad.flatten(1).norm(dim=1).clamp_min(1e-9)


class NanAtZero(WeighsByANormPerPixel):
    def weights(self, batch):
        with torch.enable_grad():
            x = batch.real.detach().requires_grad_()
            outputs = batch.critic(x) if batch.labels is None else batch.critic(x, batch.labels)
            (grad,) = torch.autograd.grad(outputs.sum(), x)
        norms = grad.flatten(1).norm(dim=1)
        return norms / norms


class ReadsTheFakes(Measure):
    def sample(self, batch):
        return PenaltySample(points=(batch.real + batch.fake) / 2, labels=batch.labels)


class WritesOnTheBatch(Measure):
    def sample(self, batch):
        batch.real.add_(0.1)
        return super().sample(batch)


class CentresTheBatch(Measure):
    def sample(self, batch):
        return PenaltySample(points=batch.real - batch.real.mean(0), labels=batch.labels)


class NormalisesItsWeights(OfReal):
    def weights(self, batch):
        sizes = batch.real.flatten(1).norm(dim=1)
        return sizes / sizes.mean()


class SumsOverTheBatch(OfReal):
    """Its weights grow with the batch."""

    def weights(self, batch):
        return batch.real.new_full((len(batch.real),), len(batch.real) / 5)


class DoublePrecisionOnly(Measure):
    def sample(self, batch):
        noise = torch.randn(batch.real.shape, generator=batch.rng, dtype=torch.float64)
        return PenaltySample(points=batch.real + 0.01 * noise, labels=batch.labels)


class SinglePrecisionOnly(Measure):
    def sample(self, batch):
        return PenaltySample(points=batch.real.float(), labels=batch.labels)


class CancelsInHalfPrecision(OfReal):
    """Its weights are 1, but for the rounding of a product, which is large in half precision."""

    def weights(self, batch):
        ones = batch.real.new_ones(len(batch.real), 8)
        product = torch.nn.functional.linear(ones, 0.128 * ones[:1])[:, 0]
        return 1 + 1e3 * (product.to(batch.real) - 1.024).abs()


class ForgetsItsSteps(Measure):
    """Its noise shrinks by a count that is not among its buffers."""

    def __init__(self):
        super().__init__()
        self.steps = 0

    def sample(self, batch):
        self.steps += 1
        return PenaltySample(points=batch.real / self.steps, labels=batch.labels)


class CannotBePickled(Measure):
    def __init__(self):
        super().__init__()
        self.scale = lambda x: x


class FarAway(Measure):
    def sample(self, batch):
        return PenaltySample(points=1.5 * batch.real, labels=batch.labels)


class AtOnePoint(Measure):
    def sample(self, batch):
        return PenaltySample(points=torch.zeros_like(batch.real), labels=batch.labels)


class InfiniteSlopeAtZero(GradientForm):
    def __call__(self, grad):
        return grad.square().flatten(1).sum(1).sqrt()


CLAIMS = tuple(
    Claim(assumption=number, verdict="holds", because="mu is p_d, or nearly so") for number in ("5a", "5b", "6a")
)
NEAR = Claim(assumption="5c", verdict="holds", because="mu is p_d")


def made(measure, *, mass="1", claims=CLAIMS):
    spec = MeasureSpec(name="subject", factory=measure, summary="s", mass=mass, claims=claims)
    return "measure", spec, measure_checks


@pytest.mark.parametrize(("measure", "claims"), [(Measure, CLAIMS), (OfReal, (*CLAIMS, NEAR))])
def test_what_is_right_passes(measure, claims):
    assert outcomes(*made(measure, claims=claims)) == {}


@pytest.mark.parametrize(
    ("measure", "check"),
    [
        (SimpleNamespace, "builds_the_interface"),
        (UsesTheGlobalRandomState, "is_reproducible_from_its_generator"),
        (KeepsTheGeneratorsGraph, "keeps_the_generator_out"),
        (HasAnotherMass, "has_the_declared_mass"),
        (LiesAboutItsPoints, "tells_the_truth_about_its_points"),
        (DropsLabels, "carries_labels"),
        (FollowsTheCritic, "depends_on_the_critic_as_claimed"),
        (WeighsByANormPerPixel, "equals_its_closed_form"),
        (NanAtZero, "survives_a_zero_gradient"),
        (ReadsTheFakes, "reads_only_what_it_needs"),
        (WritesOnTheBatch, "leaves_the_batch_alone"),
        (CentresTheBatch, "mixes_no_samples"),
        (NormalisesItsWeights, "mixes_no_samples"),
        (SumsOverTheBatch, "averages_over_parts_of_a_batch"),
        (DoublePrecisionOnly, "keeps_dtype_and_device"),
        (SinglePrecisionOnly, "keeps_dtype_and_device"),
        (CancelsInHalfPrecision, "survives_half_precision"),
        (ForgetsItsSteps, "goes_on_where_it_was_saved"),
        (CannotBePickled, "can_be_copied"),
        (AtOnePoint, "covers_the_data_as_claimed"),
    ],
)
def test_what_is_wrong_is_found(measure, check):
    assert_found(check, *made(measure))


def test_a_point_away_from_the_data_refutes_5c():
    assert_found("stays_on_the_data_as_claimed", *made(FarAway, claims=(NEAR,)))


def test_what_couples_samples_may_say_so():
    class Centres(CentresTheBatch):
        couples = True

    assert outcomes(*made(Centres), only="mixes_no_samples") == {}


def test_a_critic_without_gradient_finds_forms_that_divide_by_zero():
    root = FormSpec(name="root", factory=InfiniteSlopeAtZero, summary="s", formula="|g|")
    with registry_with("form", root).activate():
        said = outcomes(*made(OfReal))
    assert set(said) == {"survives_a_zero_gradient"}
    assert "root" in said["survives_a_zero_gradient"]


def test_the_zero_measure_covers_nothing():
    class Nothing(Measure):
        def sample(self, batch):
            return None

    kind, spec, checks = made(Nothing, mass="0")
    assert_found("covers_the_data_as_claimed", kind, spec, checks)
    assert outcomes(kind, replace(spec, claims=()), checks, only="covers_the_data_as_claimed") == {}

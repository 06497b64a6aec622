import numpy as np
import pytest
import torch

from gpreg.errors import MeasureError, UsageError
from gpreg.interfaces import PenaltyMeasure, PenaltySample
from gpreg_theory import dirac, mass_transfer, ring, two_mode, uniform


class Noisy(PenaltyMeasure):
    """p_d * N(0, 1/4), drawn by ``normal_``."""

    def sample(self, batch):
        return PenaltySample(points=batch.real + torch.empty_like(batch.real).normal_(0, 0.5, generator=batch.rng))


class Standardised(PenaltyMeasure):
    """The fakes over their own standard deviation, so that E[x^2] = 1 whatever theta is."""

    needs = frozenset({"fake"})

    def sample(self, batch):
        return PenaltySample(points=batch.fake / batch.fake.std(correction=0))


class Interleaved(PenaltyMeasure):
    """Real and fake by turns."""

    needs = frozenset({"real", "fake"})

    def sample(self, batch):
        return PenaltySample(points=torch.stack([batch.real, batch.fake], 1).flatten(0, 1))


class Half(PenaltyMeasure):
    """p_d where x > 0, with weights that make up for the rows left out."""

    def sample(self, batch):
        kept = batch.real[batch.real[:, 0] > 0]
        return PenaltySample(points=kept, weights=kept.new_full((len(kept),), len(kept) / len(batch.real)))


class MixedNumbers(PenaltyMeasure):
    """Uniform on [0, 1], but every row takes its neighbour's number."""

    def sample(self, batch):
        return PenaltySample(points=torch.rand(batch.real.shape, generator=batch.rng, dtype=torch.float64).roll(1, 0))


class Following(PenaltyMeasure):
    """The point psi, as the critic's slope at 1/2 tells it for D = psi x^2."""

    needs = frozenset({"real", "critic"})

    def sample(self, batch):
        slope = batch.critic(torch.ones_like(batch.real))[:, None]
        return PenaltySample(points=slope.detach() + 0 * batch.real)


class Squeezed(PenaltyMeasure):
    """p_d, with weights sigmoid(D)."""

    def sample(self, batch):
        return PenaltySample(points=batch.real, weights=torch.sigmoid)


class Bare(PenaltyMeasure):
    """Points that are not in a PenaltySample."""

    def sample(self, batch):
        return batch.real


class Wrong(PenaltyMeasure):
    """Points of another dimension."""

    def sample(self, batch):
        return PenaltySample(points=batch.real.repeat(1, 2))


class Permuting(PenaltyMeasure):
    """Draws a permutation."""

    def sample(self, batch):
        return PenaltySample(points=batch.real[torch.randperm(len(batch.real), generator=batch.rng)])


class Shrinking(PenaltyMeasure):
    """Projects by another rule than clipping."""

    def sample(self, batch):
        return None

    @torch.no_grad()
    def project(self, critic):
        for parameter in critic.parameters():
            parameter.mul_(0.5)


@pytest.mark.parametrize(
    ("measure", "rowwise", "second_moment"),
    [
        (Noisy(), True, 1 / 3 + 1 / 4),
        (Standardised(), False, 1.0),
        (Interleaved(), False, 1 / 3),
        (MixedNumbers(), False, 1 / 3),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, PenaltyMeasure) else "",
)
def test_anybodys_measure_is_integrated_exactly(measure, rowwise, second_moment):
    system = uniform(measure=measure)
    assert system.regularizer.law.rowwise is rowwise
    assert system.linear().Q[0, 0] / 4 == pytest.approx(second_moment, abs=1e-10)


def test_a_measure_that_drops_rows_gets_equal_weights():
    moment = uniform(measure=Half()).linear().Q[0, 0] / 4
    assert moment == pytest.approx(1 / 6, abs=1e-10)  # its four positive nodes of nine, and the weight of each


def test_points_that_follow_the_critic_are_constants_as_in_training():
    system = uniform(measure=Following(), rho=1.0)
    psi, theta = 0.3, 0.8
    expected = (1 - theta**2) / 3 - 4 * psi * psi**2  # without the derivative of the points
    assert system.field([[psi, theta], [psi, theta]])[:, 0] == pytest.approx([expected] * 2, abs=1e-12)


def test_weights_that_depend_on_the_critic_are_differentiated():
    system = dirac(measure=Squeezed(), rho=2.0, noise=0.0)
    psi = 0.7  # D(0) = 0 there, so that the weight is 1/2 and its derivative by psi 0
    assert system.field([psi, 0.0])[0] == pytest.approx(-2.0 * psi / 2)
    system = uniform(measure=Squeezed(), rho=2.0)
    x, w = torch.linspace(-1, 1, 20001, dtype=torch.float64), torch.full((20001,), 0.5 * 1e-4, dtype=torch.float64)
    w[[0, -1]] /= 2
    psi = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    penalty = (w * torch.sigmoid(psi * x**2) * (2 * psi * x) ** 2).sum()
    (slope,) = torch.autograd.grad(penalty, psi)
    assert system.field([0.7, 1.0])[0] == pytest.approx(-float(slope), abs=1e-7)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: dirac(measure="g-anc"), "point=1"),
        (lambda: ring(measure="g-anc", measure_options={"point": "1"}), "point=1,0"),
        (lambda: mass_transfer(measure="latent-path"), "needs a generator"),
        (lambda: uniform(measure=Permuting()), "randperm"),
        (lambda: uniform(measure=Shrinking()), "another way than by clipping"),
        (lambda: mass_transfer(measure=Standardised()).field([0.1, 0.2]), "as a whole"),
        (lambda: dirac(measure="pd", rho=-1.0), "rho is -1"),
        (
            lambda: dirac(measure=lambda psi, theta: [psi, theta, psi]).field([1.0, 2.0]),
            "operators and torch functions",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(build, words):
    with pytest.raises(UsageError, match=words):
        build()


def test_a_measure_that_breaks_its_contract_is_named():
    with pytest.raises(MeasureError, match="Wrong"):
        uniform(measure=Wrong()).field([0.1, 0.9])
    with pytest.raises(MeasureError, match="Bare returned a Tensor, not a PenaltySample"):
        uniform(measure=Bare())


def test_dragan_takes_the_standard_deviation_of_the_law():
    options = {"noise": "gaussian", "scale": "0.5"}
    system = uniform(measure="dragan", measure_options=options, form="squared")
    assert system.linear().Q[0, 0] / 4 == pytest.approx(1 / 3 + 0.25 / 3, abs=1e-10)
    two = two_mode(measure="dragan", measure_options=options, form="squared").linear()
    np.testing.assert_allclose(two.Q, [[1, 0], [0, 4 * 5 / 12]], atol=1e-10)

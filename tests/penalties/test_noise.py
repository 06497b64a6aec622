"""The estimator ``noise`` against closed forms, and against the formula of those who write it out."""

import math
import pickle
from contextlib import nullcontext

import pytest
import torch
from fixtures.machines import PASSES
from torch import nn

import gpreg
from gpreg.errors import OptionError, UsageError
from gpreg.penalties import CompiledObjective, Noise

WEIGHT = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
HESSIAN = torch.tensor([[2.0, 0.5, 0.0], [0.5, -1.0, 0.3], [0.0, 0.3, 3.0]], dtype=torch.float64)


def linear(x):
    return x @ WEIGHT


def quadratic(x):
    return x @ WEIGHT + 0.5 * ((x @ HESSIAN) * x).sum(1)


def perceptron(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1)).double()


def penalty_of(measure="pd", **settings):
    given = {"rho": 2.0, "seed": 0, **{name: settings.pop(name) for name in ("of", "scale", "rho") if name in settings}}
    return gpreg.penalty(measure, estimator=Noise(**settings), **given)


def draws(critic, n, **settings):
    """The estimate of ``|grad D|^2`` at the origin, many times."""
    penalty = penalty_of(**settings)
    batch = penalty.batch(critic, torch.zeros(n, 3, dtype=torch.float64), None)
    return penalty.terms(batch).values.detach()


def assert_mean(values, expected):
    assert abs(values.mean() - expected) < 4 * values.std() / math.sqrt(len(values))


class TestBiasAndVariance:
    @pytest.mark.parametrize("directions", [1, 2, 5])
    @pytest.mark.parametrize("sigma", [1e-3, 1.0])
    def test_of_a_linear_critic(self, sigma, directions):
        values, norm = draws(linear, 100_000, sigma=sigma, directions=directions), WEIGHT.square().sum()
        assert_mean(values, norm)
        assert (values.var() / norm**2).item() == pytest.approx(2 / directions, rel=0.05)

    @pytest.mark.parametrize("directions", [1, 3])
    @pytest.mark.parametrize("sigma", [0.1, 1.0, 2.0])
    def test_of_a_quadratic_critic(self, sigma, directions):
        bias = sigma**2 / 4 * (2 * HESSIAN.square().sum() + HESSIAN.trace() ** 2)
        values = draws(quadratic, 200_000, sigma=sigma, directions=directions)
        assert_mean(values, WEIGHT.square().sum() + bias)
        if sigma == 2.0:
            assert bias > WEIGHT.square().sum(), "a bias that the test cannot miss"

    def test_of_the_parameters_gradient(self):
        critic = perceptron()
        points = torch.randn(50, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).repeat(400, 1)
        gradients = []
        for estimator in ("exact", Noise(sigma=1e-3, directions=4)):
            critic.zero_grad()
            gpreg.penalty("pd", estimator=estimator, seed=0)(critic, points).backward()
            gradients.append(torch.cat([p.grad.flatten() for p in critic.parameters() if p.grad is not None]))
        exact, noise = (gradient[: len(gradients[0])] for gradient in gradients)
        assert (noise[: len(exact)] - exact).norm() / exact.norm() < 0.03


class TestTheFormula:
    """``lambda E (D(x + s e) - D(x))^2`` is the penalty with rho = 2 lambda s^2."""

    def test_in_value_and_gradient(self):
        weight, sigma, critic = 100.0, 0.1, perceptron()
        x = torch.randn(8, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        e = torch.randn(x.shape, dtype=x.dtype, generator=torch.Generator().manual_seed(5))
        expected = weight * (critic(x + sigma * e) - critic(x)).square().mean()
        value = penalty_of(rho=2 * weight * sigma**2, sigma=sigma)(critic, x, rng=torch.Generator().manual_seed(5))
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=0)
        for ours, theirs in zip(
            torch.autograd.grad(value, critic.parameters()),
            torch.autograd.grad(expected, critic.parameters()),
            strict=True,
        ):
            torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)

    def test_it_is_the_convention_of_gpreg_rho(self):
        assert gpreg.penalty("pd", rho="aR1=100,0.1", estimator=Noise(sigma=0.1)).rho == pytest.approx(2.0)

    def test_several_directions_are_averaged(self):
        x, directions = torch.zeros(8, 3, dtype=torch.float64), 3
        rng = torch.Generator().manual_seed(5)
        parts = []
        for _ in range(directions):
            e = torch.randn(x.shape, dtype=x.dtype, generator=rng)
            parts.append(((quadratic(x + 0.5 * e) - quadratic(x)) / 0.5).square().mean())
        value = penalty_of(sigma=0.5, directions=directions)(quadratic, x, rng=torch.Generator().manual_seed(5))
        torch.testing.assert_close(value, torch.stack(parts).mean())

    def test_the_sigmoids_differences(self):
        x = torch.ones(8, 3, dtype=torch.float64)
        e = torch.randn(x.shape, dtype=x.dtype, generator=torch.Generator().manual_seed(5))
        expected = ((linear(x + 0.2 * e).sigmoid() - linear(x).sigmoid()) / 0.2).square().mean()
        value = penalty_of(sigma=0.2, of="sigmoid")(linear, x, rng=torch.Generator().manual_seed(5))
        torch.testing.assert_close(value, expected)

    def test_noise_is_in_the_units_of_the_coordinates(self):
        scale, x = torch.tensor([1.0, 10.0, 0.0], dtype=torch.float64), torch.zeros(200_000, 3, dtype=torch.float64)
        value = penalty_of(sigma=0.1, scale=scale)(linear, x)
        assert value.item() == pytest.approx((scale * WEIGHT).square().sum().item(), rel=0.02)


class TestPasses:
    """Batches through the critic in one step: forward, and back to its first layer."""

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.forwards, self.backwards = perceptron(), 0, 0

        def count(self, grad):
            self.backwards += len(grad) / 8

        def forward(self, x):
            self.forwards += len(x) / 8
            first, *rest = self.body
            h = first(x)
            h.register_hook(self.count)
            for layer in rest:
                h = layer(h)
            return h

    @pytest.mark.parametrize("name", PASSES)
    @pytest.mark.parametrize(
        ("measure", "objective", "which"),
        [("pd", False, 1), ("pd", True, 2), ("mid", True, 3)],
        ids=["alone", "in the objective, at the real batch", "in the objective, elsewhere"],
    )
    def test_of_a_step(self, name, measure, objective, which):
        critic, (real, fake) = self.Counting(), torch.randn(2, 8, 3, dtype=torch.float64)
        penalty = gpreg.penalty(measure, estimator=PASSES[name][0])
        whole = gpreg.CriticObjective(gpreg.loss("wasserstein"), penalty)
        step = (lambda: whole(critic, real, fake).total) if objective else (lambda: penalty(critic, real, fake))
        step().backward()
        critic.forwards = critic.backwards = 0
        step().backward()
        assert (critic.forwards, critic.backwards) == PASSES[name][which]

    def test_no_point_requires_a_gradient(self):
        seen = []

        def critic(x):
            seen.append(x.requires_grad)
            return linear(x)

        penalty, (real, fake) = penalty_of(), torch.randn(2, 8, 3, dtype=torch.float64)
        penalty(critic, real)
        seen.clear()
        gpreg.CriticObjective(gpreg.loss("wasserstein"), penalty)(critic, real, fake)
        penalty(critic, real)
        assert seen == [False] * 5

    @pytest.mark.parametrize(("autocast", "passes"), [(False, 4), (True, 3)])
    def test_under_autocast(self, autocast, passes):
        critic, (real, fake) = self.Counting().float(), torch.randn(2, 8, 3)
        objective = gpreg.CriticObjective(gpreg.loss("wasserstein"), penalty_of(sigma=0.1, autocast=autocast))
        with torch.autocast("cpu", torch.bfloat16):
            objective(critic, real, fake)
            critic.forwards = 0
            objective(critic, real, fake)
        assert critic.forwards == passes


class TestPrecision:
    def of(self, *, autocast, sigma, on):
        critic, x = perceptron().float(), torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
        with torch.autocast("cpu", torch.bfloat16) if on else nullcontext():
            return penalty_of(sigma=sigma, autocast=autocast)(critic, x).item()

    def test_outside_autocast_it_is_the_same_number(self):
        assert self.of(autocast=False, sigma=0.01, on=True) == self.of(autocast=False, sigma=0.01, on=False)

    def test_inside_it_a_small_sigma_measures_roundoff(self):
        right = self.of(autocast=False, sigma=0.01, on=False)
        assert self.of(autocast=True, sigma=0.001, on=True) > 3 * right
        right = self.of(autocast=False, sigma=0.5, on=False)
        assert self.of(autocast=True, sigma=0.5, on=True) == pytest.approx(right, rel=0.05)


def test_batches_of_unequal_length_in_one_penalty():
    critic, real, fake = perceptron(), torch.ones(4, 3, dtype=torch.float64), torch.zeros(9, 3, dtype=torch.float64)
    value = gpreg.penalty("pd+pg", estimator=Noise(sigma=1e-4, directions=5000), seed=0)(critic, real, fake)
    expected = gpreg.penalty("pd+pg")(critic, real, fake)
    assert value.item() == pytest.approx(expected.item(), rel=0.05)


def test_it_goes_on_with_the_same_numbers_after_pickling():
    penalty, x = penalty_of(), torch.ones(4, 3, dtype=torch.float64)
    first = penalty(linear, x)
    copy = pickle.loads(pickle.dumps(penalty))
    assert copy.estimator == Noise()
    second = penalty(linear, x)
    assert copy(linear, x) == second != first


@pytest.mark.parametrize("form", ["one-centered", "one-sided"])
def test_forms_that_are_not_quadratic_are_refused(form):
    with pytest.raises(UsageError, match="not quadratic") as caught:
        gpreg.penalty("gp", form=form, estimator="noise")
    assert "'finite-difference'" in caught.value.remedy


@pytest.mark.parametrize("sigma", [0, 0.0, -1.0, float("nan"), float("inf"), "0.1", None])
def test_an_impossible_sigma_is_refused(sigma):
    with pytest.raises(UsageError, match=r"sigma is .*; it must be a finite number > 0") as caught:
        Noise(sigma=sigma)
    assert "units of x" in caught.value.remedy


@pytest.mark.parametrize("directions", [0, -1, 1.5, None])
def test_impossible_directions_are_refused(directions):
    with pytest.raises(UsageError, match=r"directions is .*; it must be a whole number >= 1"):
        Noise(directions=directions)


class TestByName:
    def test_with_its_options(self):
        penalty = gpreg.penalty("pd", estimator="noise", estimator_options={"sigma": 0.1, "directions": 2})
        assert penalty.estimator == Noise(sigma=0.1, directions=2)
        assert "estimator=Noise(sigma=0.1, directions=2" in repr(penalty)

    @pytest.mark.parametrize(
        ("estimator", "options", "message"),
        [
            ("noise", {"sigm": 0.1}, "'noise' has no option 'sigm'; did you mean 'sigma'.*directions"),
            ("exact", {"sigma": 0.1}, r"'exact' has no option 'sigma' \(it has none\)"),
            (
                "finite-difference",
                {"sigma": 0.1},
                r"'finite-difference' has no option 'sigma' \(it has step, directions",
            ),
            (Noise(), {"sigma": 0.1}, "an estimator that is built already"),
        ],
    )
    def test_what_it_does_not_take_is_refused(self, estimator, options, message):
        with pytest.raises(OptionError, match=message):
            gpreg.penalty("pd", estimator=estimator, estimator_options=options)

    def test_a_bad_value_is_refused_as_from_the_class(self):
        with pytest.raises(UsageError, match="sigma is -1"):
            gpreg.penalty("pd", estimator="noise", estimator_options={"sigma": -1})


def test_it_is_not_compiled():
    with pytest.raises(UsageError, match="cannot be compiled"):
        CompiledObjective(gpreg.CriticObjective(gpreg.loss("hinge"), penalty_of()))

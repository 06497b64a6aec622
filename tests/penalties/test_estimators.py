import pytest
import torch
from fixtures.machines import OnceDifferentiable
from torch import nn

import gpreg
from gpreg import load_registry
from gpreg.errors import UsageError
from gpreg.interfaces import GradientForm
from gpreg.penalties import Exact, FiniteDifference
from gpreg.testing import LinearCritic

FORMS = [spec.name for spec in load_registry().list("form")]
REAL, FAKE = torch.randn(2, 16, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def critic_of(activation, seed=0, gain=2.0):
    torch.manual_seed(seed)
    critic = nn.Sequential(nn.Linear(3, 32), activation, nn.Linear(32, 32), activation, nn.Linear(32, 1)).double()
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.mul_(gain)  # gradients of the order of 1
    return critic


def value_and_gradient(critic, estimator, form, **settings):
    penalty = gpreg.penalty("gp", estimator=estimator, form=form, seed=0, **settings)
    value = penalty(critic, REAL, FAKE)
    grads = torch.autograd.grad(value, critic.parameters(), allow_unused=True, materialize_grads=True)
    return value.detach(), torch.cat([grad.flatten() for grad in grads])


def relative(got, expected):
    return ((got - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("of", ["logit", "sigmoid"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", [nn.Tanh(), nn.Softplus(), nn.SiLU()], ids=lambda a: type(a).__name__)
def test_finite_difference_is_within_one_percent_on_smooth_critics(activation, form, of):
    gain = 3.0 if of == "sigmoid" else 2.0
    critic = critic_of(activation, gain=gain)
    exact, exact_gradient = value_and_gradient(critic, "exact", form, of=of)
    estimate, gradient = value_and_gradient(critic, "finite-difference", form, of=of)
    if exact_gradient.norm() == 0:  # every norm below the bound of the one-sided form
        assert form == "one-sided"
        assert gradient.norm() == 0
        return
    assert relative(estimate, exact) < 1e-4, "the stated bound is 1e-2; measured errors are far below"
    assert relative(gradient, exact_gradient) < 1e-2


@pytest.mark.parametrize("step", [1e-2, 1e-1])
def test_its_bias_is_second_order_in_the_step(step):
    critic = critic_of(nn.Tanh(), gain=1.5)
    exact, _ = value_and_gradient(critic, "exact", "squared")
    errors = [
        (value_and_gradient(critic, FiniteDifference(step=h), "squared")[0] - exact).abs() for h in (step, step / 2)
    ]
    assert 3.5 < (errors[0] / errors[1]).item() < 4.5


def test_it_is_exact_for_piecewise_linear_critics_away_from_kinks():
    critic = critic_of(nn.ReLU())
    exact, exact_gradient = value_and_gradient(critic, "exact", "squared")
    estimate, gradient = value_and_gradient(critic, FiniteDifference(step=1e-7), "squared")
    assert relative(estimate, exact) < 1e-7
    assert relative(gradient, exact_gradient) < 1e-6
    linear = LinearCritic((3,))
    by_hand = 10 * linear.weight.square().sum()
    for step in (1e-3, 1.0, 100.0):
        torch.testing.assert_close(
            gpreg.penalty("pd", estimator=FiniteDifference(step=step))(linear, REAL), by_hand, rtol=1e-9, atol=0
        )


def test_random_directions_are_unbiased_for_the_squared_form():
    critic = critic_of(nn.Tanh())
    exact, _ = value_and_gradient(critic, "exact", "squared")
    penalty = gpreg.penalty("mid", estimator=FiniteDifference(directions=2), seed=0)
    exact = gpreg.penalty("mid")(critic, REAL, FAKE).detach()
    with torch.no_grad():
        draws = torch.stack([penalty(critic, REAL, FAKE) for _ in range(400)])
    assert (draws.mean() - exact).abs() < 4 * draws.std() / 20


def test_no_double_backward_is_needed():
    class Once(nn.Module):
        def forward(self, x):
            return OnceDifferentiable.apply(x)

    once, tanh = critic_of(Once()), critic_of(nn.Tanh())
    with pytest.raises(UsageError, match=r"differentiated twice: .*once_differentiable") as caught:
        gpreg.penalty("gp")(once, REAL, FAKE)
    assert "estimator='finite-difference'" in caught.value.remedy
    exact, exact_gradient = value_and_gradient(tanh, "exact", "squared")
    estimate, gradient = value_and_gradient(once, "finite-difference", "squared")
    assert relative(estimate, exact) < 1e-2
    assert relative(gradient, exact_gradient) < 1e-2


@pytest.mark.parametrize("directions", [None, 3])
def test_a_zero_gradient_gives_no_nan(directions):
    critic = LinearCritic((3,), scale=0.0)
    value = gpreg.penalty("pd", estimator=FiniteDifference(directions=directions))(critic, REAL)
    assert value.item() == 0
    value.backward()
    assert critic.weight.grad.isfinite().all()


def test_forms_that_it_cannot_serve_are_refused():
    class FirstCoordinate(GradientForm):
        radial = False

        def __call__(self, grad):
            return grad.flatten(1)[:, 0] ** 2

    with pytest.raises(UsageError, match="depends on the gradient's direction"):
        FiniteDifference().check_form(FirstCoordinate())
    with pytest.raises(UsageError, match="not quadratic"):
        gpreg.penalty("gp", form="one-centered", estimator=FiniteDifference(directions=4))
    Exact().check_form(FirstCoordinate())


@pytest.mark.parametrize("settings", [{"step": 0.0}, {"step": -1.0}, {"directions": 0}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(UsageError, match="must be"):
        FiniteDifference(**settings)


def test_unknown_estimator_gets_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'finite-difference'"):
        gpreg.penalty("mid", estimator="finite-diff")

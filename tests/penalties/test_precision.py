"""Single and half precision against float64, with the tolerances that the documentation states."""

from dataclasses import replace

import pytest
import torch
from torch import nn

import gpreg
from gpreg import load_registry

MEASURES = [spec.name for spec in load_registry().list("measure") if spec.name != "wgan"]

FLOAT32 = 1e-4
BFLOAT16 = 0.05


def step(measure, dtype, autocast):
    """Value and gradient at points that are drawn in float64, so that every precision sees the same ones."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.SiLU(), nn.Flatten(), nn.Linear(8 * 4 * 4, 1)).double()
    generator = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8))).double()
    rng = torch.Generator().manual_seed(0)
    real = torch.rand(32, 1, 8, 8, generator=rng, dtype=torch.float64)
    latent = torch.randn(32, 4, generator=rng, dtype=torch.float64)
    penalty = gpreg.penalty(measure, seed=0)
    batch = penalty.batch(critic, real, generator(latent), latent=latent, generator=generator)
    drawn = penalty.draw(batch)
    weights = drawn.weights if drawn.weights is None or callable(drawn.weights) else drawn.weights.to(dtype)
    sample = replace(drawn, points=drawn.points.to(dtype), weights=weights)
    critic.to(dtype)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        value = penalty.total(penalty.terms(batch, sample), like=real)
    return value.detach(), torch.autograd.grad(value, critic[0].weight)[0]


def relative(got, expected):
    return ((got.double() - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("autocast", "tolerance"), [(False, FLOAT32), (True, BFLOAT16)], ids=["float32", "bfloat16"])
def test_agrees_with_float64(measure, autocast, tolerance):
    expected, expected_gradient = step(measure, torch.float64, False)
    value, gradient = step(measure, torch.float32, autocast)
    assert relative(value, expected) < tolerance
    assert relative(gradient, expected_gradient) < tolerance


@pytest.mark.parametrize("measure", MEASURES)
def test_is_reduced_in_float32_under_autocast(measure):
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 1))
    generator = nn.Linear(3, 2)
    real, latent = torch.randn(8, 2), torch.randn(8, 3)
    with torch.autocast("cpu", torch.bfloat16):
        fake = generator(latent)
        assert fake.dtype == torch.bfloat16
        value = gpreg.penalty(measure)(critic, real, fake, latent=latent, generator=generator)
    assert value.dtype == torch.float32
    value.backward()
    assert all(
        p.grad is None or (p.grad.dtype == torch.float32 and p.grad.isfinite().all()) for p in critic.parameters()
    )


def test_finite_differences_step_outside_autocast():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
    x = torch.randn(64, 4)
    exact = gpreg.penalty("pd")(critic, x)
    with torch.autocast("cpu", torch.bfloat16):
        estimate = gpreg.penalty("pd", estimator="finite-difference")(critic, x)
    assert relative(estimate.detach(), exact.detach().double()) < 0.01


@pytest.mark.parametrize("scale", [1024.0, torch.tensor(1024.0)], ids=["number", "tensor"])
@pytest.mark.parametrize("estimator", ["exact", "finite-difference"])
@pytest.mark.parametrize("measure", ["mid", "pd+pg"])
def test_the_scale_of_the_gradient_is_taken_out_again(measure, estimator, scale):
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1)).double()
    real, fake = torch.randn(2, 8, 4, dtype=torch.float64)
    penalty = gpreg.penalty(measure, estimator=estimator)
    plain = penalty(critic, real, fake)
    penalty.gradient_scale = scale
    torch.testing.assert_close(penalty(critic, real, fake), plain)

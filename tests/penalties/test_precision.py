"""Single and half precision against float64, with the tolerances that the documentation states."""

import pytest
import torch
from torch import nn

import gpreg
from gpreg import load_registry

MEASURES = [spec.name for spec in load_registry().list("measure") if spec.name != "wgan"]

FLOAT32 = 1e-4
BFLOAT16 = 0.05


def step(measure, dtype, autocast):
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.SiLU(), nn.Flatten(), nn.Linear(8 * 4 * 4, 1)).to(dtype)
    generator = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8))).to(dtype)
    rng = torch.Generator().manual_seed(0)
    real = torch.rand(32, 1, 8, 8, generator=rng, dtype=torch.float64).to(dtype)
    latent = torch.randn(32, 4, generator=rng, dtype=torch.float64).to(dtype)
    penalty = gpreg.penalty(measure, seed=0, form="squared", measure_options=options(measure))
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        fake = generator(latent).detach()
        value = penalty(critic, real, fake, latent=latent, generator=generator)
    gradient = torch.autograd.grad(value, critic[0].weight)[0]
    return value.detach(), gradient


def options(measure):
    # random numbers differ between dtypes: compare where the points are the same
    return {"noise": "gaussian", "scale": 1e-6} if measure == "dragan" else None


def relative(got, expected):
    return ((got.double() - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("measure", ["pd", "pg", "mid", "pd+pg", "js", "mixture", "dragan"])
@pytest.mark.parametrize(
    ("dtype", "autocast", "tolerance"), [(torch.float32, False, FLOAT32), (torch.float32, True, BFLOAT16)]
)
def test_agrees_with_float64(measure, dtype, autocast, tolerance):
    expected, expected_gradient = step(measure, torch.float64, False)
    value, gradient = step(measure, dtype, autocast)
    assert value.dtype == torch.float32
    assert relative(value, expected) < tolerance
    assert relative(gradient, expected_gradient) < tolerance


@pytest.mark.parametrize("measure", MEASURES)
def test_is_finite_and_reduced_in_float32_under_autocast(measure):
    value, gradient = step(measure, torch.float32, True)
    assert value.dtype == torch.float32
    assert value.isfinite()
    assert gradient.isfinite().all()


def test_finite_differences_step_outside_autocast():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
    x = torch.randn(64, 4)
    exact = gpreg.penalty("pd")(critic, x)
    with torch.autocast("cpu", torch.bfloat16):
        estimate = gpreg.penalty("pd", estimator="finite-difference")(critic, x)
    assert relative(estimate.detach(), exact.detach().double()) < 0.01

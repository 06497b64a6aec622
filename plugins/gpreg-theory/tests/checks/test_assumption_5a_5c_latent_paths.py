"""What the latent path says of assumptions 5a and 5c where its encoder is, or is not, the generator's inverse."""

import math

import pytest
import torch
from torch import nn

import gpreg_theory as theory
from gpreg_theory.checks import (
    assumption_5a_5c_latent_paths,
    assumption_5a_limit,
    assumption_5b_5c_support,
    assumption_5c_6c_stray_mass,
)


class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.A = nn.Parameter(torch.tensor([[2.0, 0.5], [0.0, 1.0]]))
        self.b = nn.Parameter(torch.tensor([1.0, -1.0]))

    def forward(self, z, labels=None):
        return z @ self.A.T + self.b


class Jumps(Affine):
    """The same map, by an operation that is not known to be continuous."""

    def forward(self, z, labels=None):
        return super().forward(z) + 0 * torch.sign(self.b[0] - 1)


def inverse(generator, off=0.0, *, trained=True):
    encoder = nn.Linear(2, 2)
    with torch.no_grad():
        A = torch.linalg.inv(generator.A)
        encoder.weight.copy_(A * (1 + off))
        encoder.bias.copy_(-A @ generator.b)
    return encoder.requires_grad_(trained)


def box(n, rng):
    return 2 * torch.rand(n, 2, generator=rng) - 1


def normal(n, rng):
    return torch.randn(n, 2, generator=rng)


def circle(n, rng):
    angle = 2 * math.pi * torch.rand(n, generator=rng)
    return torch.stack([angle.cos(), angle.sin()], 1)


def verdicts(codes, *, off=0.0, trained=True, seed=0, generator=Affine):
    own = generator()
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    nn.init.zeros_(critic[2].weight)

    def real(n, rng):
        return own(codes(n, rng)).detach()

    settings = {
        "latent": codes,
        "measure": "latent-path",
        "measure_options": {"width": 8},
        "point": "equilibrium",
        "seed": seed,
        "n": 256,
    }
    context = theory.check_context(critic, own, real, **settings)
    if off is not None:
        context.measure.encoder = inverse(own, off, trained=trained)
    checks = (
        assumption_5a_5c_latent_paths.check,
        assumption_5a_limit.check,
        assumption_5b_5c_support.check,
        assumption_5c_6c_stray_mass.check,
    )
    report = theory.Report(findings=tuple(finding for check in checks for finding in check(context)))
    return report.decisive("5a").verdict, report.decisive("5c").verdict


@pytest.mark.parametrize("trained", [True, False])
@pytest.mark.parametrize("codes", [box, normal])
def test_with_an_exact_encoder_and_convex_codes_both_hold(codes, trained):
    for seed in range(3):
        assert verdicts(codes, trained=trained, seed=seed) == ("holds", "holds")


def test_paths_across_a_hole_of_the_codes_leave_the_data():
    for seed in range(3):
        assert verdicts(circle, seed=seed) == ("holds", "violated")


@pytest.mark.parametrize("off", [0.1, None])
def test_an_encoder_that_is_not_there_yet_decides_nothing(off):
    for seed in range(3):
        assert verdicts(box, off=off, seed=seed) == ("undecided", "undecided")


def test_a_generator_that_may_jump_decides_nothing():
    assert verdicts(box, generator=Jumps) == ("undecided", "undecided")

"""Instance noise: its distribution, and the gradient penalty that it is to leading order."""

import math

import numpy as np
import pytest
import torch

from gpreg import load_registry

NODES, WEIGHTS = (torch.from_numpy(array) for array in np.polynomial.hermite_e.hermegauss(80))
WEIGHTS = WEIGHTS / WEIGHTS.sum()
SIGMAS = (0.05, 0.1, 0.2)


def noise(**options):
    return load_registry().build("augmentation", "noise", options)


def test_it_is_normal_with_the_given_deviation():
    x = torch.full((400, 50), 3.0, dtype=torch.float64)
    u = (noise(sigma=0.7)(x, torch.Generator().manual_seed(0)) - x).flatten() / 0.7
    assert abs(float(u.mean())) < 4 / math.sqrt(len(u))
    assert abs(float(u.var()) - 1) < 4 * math.sqrt(2 / len(u))
    assert abs(float(u.pow(4).mean()) - 3) < 4 * math.sqrt(96 / len(u))


def test_sigma_follows_the_schedule():
    augmentation, x = noise(sigma=0.4, final=0.1), torch.zeros(5, 2)
    sizes = []
    for way in (0.0, 0.5, 1.0):
        augmentation.follow(way)
        sizes.append(augmentation(x, torch.Generator().manual_seed(0)))
    assert torch.allclose(sizes[1], sizes[0] * 0.25 / 0.4)
    assert torch.allclose(sizes[2], sizes[0] * 0.1 / 0.4)


class Toy:
    """``D(x) = w x + a x^2 / 2 + b`` on samples of the line, and a loss of gpreg; noise is integrated by quadrature."""

    def __init__(self, loss, real, fake, curvature, **options):
        self.loss = load_registry().build("loss", loss, options)
        self.real, self.fake = (torch.tensor(points, dtype=torch.float64) for points in (real, fake))
        self.w, self.b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.8, 0.1))
        self.a = curvature

    def outputs(self, x):
        return self.w * x + self.a * x**2 / 2 + self.b

    def noisy_loss(self, sigma):
        """E over the noise of the critic's loss."""
        real, fake = (self.outputs(points[:, None] + sigma * NODES) for points in (self.real, self.fake))
        values = self.loss.critic_loss(real.flatten(), fake.flatten()).view_as(real)
        return (values * WEIGHTS).sum(1).mean()

    def second_order(self, sigma):
        """The loss without noise, plus ``sigma^2 / 2`` times the expected second derivative by the noise."""
        real, fake = self.outputs(self.real), self.outputs(self.fake)
        total = self.loss.critic_loss(real, fake).mean()
        for outputs, points, sign in ((real, self.real, 1), (fake, self.fake, -1)):
            slope, curvature = self.derivatives(sign * outputs)
            gradient = self.w + self.a * points
            total = total + sigma**2 / 2 * (curvature * gradient**2 + sign * slope * self.a).mean()
        return total

    def derivatives(self, t):
        """First two derivatives of ``-f`` with the loss ``-f(D) - f(-D)``."""
        (slope,) = torch.autograd.grad(-self.loss.concave.f(t).sum(), t, create_graph=True)
        if not slope.requires_grad:
            return slope, torch.zeros_like(t)
        return slope, torch.autograd.grad(slope.sum(), t, create_graph=True)[0]


def order(errors):
    """The slope of the errors in a plot with logarithmic axes."""
    return float(np.polyfit(np.log(SIGMAS), np.log(errors), 1)[0])


@pytest.mark.parametrize("f", ["logistic", "exponential"])
@pytest.mark.parametrize("curvature", [0.0, 0.5])
def test_noise_is_a_gradient_penalty_up_to_the_fourth_order(f, curvature):
    toy = Toy("concave-f", [0.3, -0.7, 1.1], [0.9, -1.2, 0.2], curvature, f=f)
    values, gradients = [], []
    for sigma in SIGMAS:
        apart = toy.noisy_loss(sigma) - toy.second_order(sigma)
        values.append(abs(float(apart.detach())))
        gradients.append(float(sum(g.square() for g in torch.autograd.grad(apart, (toy.w, toy.b)))) ** 0.5)
    assert order(values) == pytest.approx(4, abs=0.15)
    assert order(gradients) == pytest.approx(4, abs=0.15)


@pytest.mark.parametrize(("loss", "curvature_of_loss"), [("non-saturating", 0.25), ("least-squares", 1.0)])
def test_at_the_equilibrium_it_is_the_penalty_on_both_batches(loss, curvature_of_loss):
    """With p_g = p_d and D = 0 there: rho = sigma^2 |f''(0)| of the measure pd+pg; what D curves, cancels."""
    points = [0.0, 0.0]
    for sigma in SIGMAS:
        toy = Toy(loss, points, points, 0.5)
        with torch.no_grad():
            toy.b.zero_()
        rho = sigma**2 * curvature_of_loss
        penalty = rho / 2 * 2 * toy.w**2  # E_pd + E_pg of |grad D|^2
        assert torch.allclose(toy.second_order(sigma), toy.second_order(0.0) + penalty, rtol=1e-12)


def test_the_loss_that_is_linear_in_the_critic_does_not_notice_it():
    toy = Toy("wasserstein", [0.3, -0.7], [0.9, -1.2], 0.5)
    assert torch.allclose(toy.noisy_loss(0.2), toy.second_order(0.0), rtol=1e-12)


def test_the_augmentation_draws_what_was_integrated():
    toy, sigma, count = Toy("non-saturating", [0.3, -0.7, 1.1], [0.9, -1.2, 0.2], 0.5), 0.5, 40_000
    augmentation, rng = noise(sigma=sigma), torch.Generator().manual_seed(0)
    real, fake = (augmentation(points.repeat(count), rng) for points in (toy.real, toy.fake))
    values = toy.loss.critic_loss(toy.outputs(real), toy.outputs(fake)).detach()
    expected, without = (float(toy.noisy_loss(each).detach()) for each in (sigma, 0.0))
    error = float(values.std()) / math.sqrt(len(values))
    assert abs(float(values.mean()) - expected) < 4 * error
    assert abs(expected - without) > 10 * error

"""Penalties whose graph, laziness, random numbers or precision are wrong."""

import random

import numpy as np
import torch
from torch import autograd


def _norms(critic, x):
    return autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1).norm(dim=1)


def root_at_zero(critic, real, fake):
    a = torch.rand(real.shape[0], *([1] * (real.ndim - 1)))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * (torch.sqrt((g.flatten(1) ** 2).sum(1)) - 1).square().mean()


def root_by_power(critic, real):
    x = real.detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 5 * ((g.square().flatten(1).sum(1) ** 0.5) ** 2).mean()


def epsilon_that_underflows(critic, real, fake):
    a = torch.rand(real.shape[0], *([1] * (real.ndim - 1)))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * ((g.flatten(1).pow(2).sum(1) + 1e-60).sqrt() - 1).square().mean()


def not_detached(critic, real, fake):
    a = torch.rand(real.shape[0], *([1] * (real.ndim - 1)))
    x = a * real + (1 - a) * fake
    if not x.requires_grad:
        x.requires_grad_()
    return 10 * (_norms(critic, x) - 1).square().mean()


def fakes_with_graph(D, real, fake):
    real = real.detach().requires_grad_()
    if not fake.requires_grad:
        fake = fake.requires_grad_()
    return 5 * (_norms(D, real).square().mean() + _norms(D, fake).square().mean())


def no_graph(critic, real, gamma=10.0):
    x = real.detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x)[0]
    return gamma / 2 * g.flatten(1).square().sum(1).mean()


def a_number(critic, real):
    x = real.detach().requires_grad_()
    return 5 * _norms(critic, x).square().mean().item()


def half_detached(critic, real):
    x = real.detach().requires_grad_()
    n = _norms(critic, x)
    return 5 * (n * n.detach()).mean()


def under_no_grad(critic, real, fake):
    with torch.no_grad():
        x = real.detach().requires_grad_()
        g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
        return g.flatten(1).square().sum(1).mean()


def lazy_by_step(critic, real, step, gamma=10.0, interval=4):
    if step % interval:
        return torch.zeros(())
    x = real.detach().requires_grad_()
    return gamma / 2 * _norms(critic, x).square().mean()


def lazy_by_constant(critic, real, iteration):
    if iteration % 16 != 0:
        return 0.0
    x = real.detach().requires_grad_()
    return 5.0 * _norms(critic, x).square().mean()


class LazyInstance:
    """R1 in each fourth call, without the factor."""

    def __init__(self, weight=10.0, every=4):
        self.weight, self.every, self.steps = weight, every, 0

    def __call__(self, critic, real):
        self.steps += 1
        if self.steps % self.every:
            return torch.zeros(())
        x = real.detach().requires_grad_()
        return self.weight * _norms(critic, x).square().mean()


lazy_instance = LazyInstance()


def by_parameters(critic, real, gamma=10.0):
    grads = autograd.grad(critic(real).mean(), list(critic.parameters()), create_graph=True, allow_unused=True)
    return gamma / 2 * sum(g.square().sum() for g in grads if g is not None)


def seeded(critic, real, fake):
    torch.manual_seed(0)
    a = torch.rand(real.shape[0], *([1] * (real.ndim - 1)))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    return 10 * (_norms(critic, x) - 1).square().mean()


def of_numpy(D, real, fake):
    a = torch.as_tensor(np.random.random((real.size(0), 1, 1, 1)))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    return 10 * (_norms(D, x) - 1).square().mean()


def of_python(D, real, fake):
    a = torch.tensor([random.random() for _ in real]).view(-1, *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    return 10 * (_norms(D, x) - 1).square().mean()


def generator_ignored(critic, real, fake, generator: torch.Generator | None = None):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    return 10 * (_norms(critic, x) - 1).square().mean()


def generator_made_anew(critic, real, fake):
    g = torch.Generator().manual_seed(1)
    a = torch.rand(len(real), *[1] * (real.ndim - 1), generator=g)
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    return 10 * (_norms(critic, x) - 1).square().mean()


def scale_left_in(critic, real, scaler, gamma=10.0):
    x = real.detach().requires_grad_()
    g = autograd.grad(scaler.scale(critic(x).sum()), x, create_graph=True)[0]
    return gamma / 2 * g.flatten(1).square().sum(1).mean()


def half_precision(critic, real, gamma=10.0):
    x = real.detach().requires_grad_()
    with torch.autocast("cuda", dtype=torch.float16):
        out = critic(x)
    g = autograd.grad(out.sum(), x, create_graph=True)[0].float()
    return gamma / 2 * g.flatten(1).square().sum(1).mean()


def squares_of_halves(critic, real, gamma=10.0):
    x = real.detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0].half()
    return gamma / 2 * g.square().flatten(1).sum(1).float().mean()


def by_each_weight(critic, real, fake):
    loss = critic(fake.detach()).mean() - critic(real).mean()
    grads = autograd.grad(loss, list(critic.parameters()), create_graph=True)
    return 10 * torch.stack([(g.norm() - 1) ** 2 for g in grads]).mean()


def by_the_last_layer(critic, real):
    (g,) = autograd.grad(critic(real).sum(), list(critic.parameters())[-2], create_graph=True)
    return 0.5 * g.square().sum()


EXPECTED = {
    "squares_of_halves": ("pd", "squared", 10.0, "unscaled-fp16"),
    "by_each_weight": (None, None, None, "gradient-by-parameters"),
    "by_the_last_layer": (None, None, None, "gradient-by-parameters"),
    "root_at_zero": ("wgan-gp", "one-centered", 20.0, "sqrt-at-zero"),
    "root_by_power": ("pd", "squared", 10.0, "sqrt-at-zero"),
    "epsilon_that_underflows": ("wgan-gp", "one-centered", 20.0, "sqrt-at-zero"),
    "not_detached": ("wgan-gp", "one-centered", 20.0, "reaches-generator"),
    "fakes_with_graph": ("pd+pg", "squared", 10.0, "reaches-generator"),
    "no_graph": ("pd", "squared", 10.0, "detached"),
    "a_number": ("pd", "squared", 10.0, "detached"),
    "half_detached": ("pd", "squared", 10.0, "detached"),
    "under_no_grad": (None, None, None, "detached"),
    "lazy_by_step": ("pd", "squared", 10.0, "lazy-without-factor"),
    "lazy_by_constant": ("pd", "squared", 10.0, "lazy-without-factor"),
    "lazy_instance": ("pd", "squared", 20.0, "lazy-without-factor"),
    "by_parameters": ("pd", "squared", 10.0, "gradient-by-parameters"),
    "seeded": ("wgan-gp", "one-centered", 20.0, "global-random-state"),
    "of_numpy": ("wgan-gp", "one-centered", 20.0, "global-random-state"),
    "of_python": ("wgan-gp", "one-centered", 20.0, "global-random-state"),
    "generator_ignored": ("wgan-gp", "one-centered", 20.0, "global-random-state"),
    "generator_made_anew": ("wgan-gp", "one-centered", 20.0, "global-random-state"),
    "scale_left_in": ("pd", "squared", 10.0, "unscaled-fp16"),
    "half_precision": ("pd", "squared", 10.0, "unscaled-fp16"),
}

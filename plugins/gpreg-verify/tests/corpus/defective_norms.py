"""Penalties with norms over the wrong axes, wrong weights of interpolation, or lines that broadcast."""

import numpy as np
import torch
from torch import autograd


def _between(real, fake):
    a = torch.rand(real.shape[0], *([1] * (real.ndim - 1)))
    return (a * real + (1 - a) * fake).detach().requires_grad_()


def whole_batch(critic, real, fake):
    x = _between(real, fake)
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * (g.norm(2) - 1) ** 2


def whole_batch_squared(critic, real, gamma=10.0):
    x = real.detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return gamma / 2 * g.pow(2).sum()


def whole_batch_flat(D, real_samples, fake_samples, lambda_gp=10):
    x = _between(real_samples, fake_samples)
    g = autograd.grad(D(x).sum(), x, create_graph=True)[0].view(-1)
    return lambda_gp * ((torch.linalg.norm(g) - 1) ** 2).mean()


def per_pixel(discriminator, real_data, fake_data, weight=100.0):
    x = _between(real_data, fake_data)
    out = discriminator(x)
    g = autograd.grad(out, x, torch.ones_like(out), create_graph=True)[0]
    return weight * ((g.norm(2, dim=1) - 1) ** 2).mean()


def per_channel(critic, real_images, fake_images):
    x = _between(real_images, fake_images)
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * (g.norm(2, dim=(2, 3)) - 1).square().mean()


def per_element(critic, real_images, gamma=10.0):
    x = real_images.detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return gamma / 2 * (g**2).mean()


def per_row(critic, real_images, gamma=10.0):
    x = real_images.detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return gamma / 2 * g.square().sum(-1).mean()


def one_weight(critic, real, fake):
    a = torch.rand(1)
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1)
    return 10 * (g.norm(dim=1) - 1).square().mean()


def weight_of_numpy(critic, real, fake):
    a = np.random.uniform()
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1)
    return 10 * (g.norm(dim=1) - 1).square().mean()


def weight_per_element(critic, real, fake, lam=10.0):
    a = torch.rand_like(real)
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1)
    return lam * (g.norm(dim=1) - 1).square().mean()


def squeezed(critic, real, fake):
    x = _between(real, fake)
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0].squeeze()
    return 10 * (g.reshape(g.shape[0], -1).norm(dim=1) - 1).square().mean()


def weight_of_the_last_axis(critic, real, fake):
    a = torch.rand(len(real))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1)
    return 10 * (g.norm(dim=1) - 1).square().mean()


def differences_of_a_column(critic, real, weight=100.0, sigma=0.1):
    clean = critic(real).reshape(-1)
    return weight * (critic(real + sigma * torch.randn_like(real)) - clean).square().mean()


def hinge_of_each_pixel(critic, real, fake):
    x = _between(real, fake)
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 5 * ((g.square().sum(1) + 1e-12).sqrt() - 1).clamp(min=0).square().mean()


def hinge_of_each_row(critic, images, fakes):
    x = _between(images, fakes)
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 2 * (g.norm(dim=-1) - 1).clamp(min=0).mean()


def of_the_mean_norm(critic, real, fake):
    x = _between(real, fake)
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * (g.flatten(1).norm(dim=1).mean() - 1) ** 2


def shuffled_with_one_weight(critic, real, fake):
    a, partner = torch.rand(1), fake[torch.randperm(len(fake))]
    x = (a * real + (1 - a) * partner).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * (g.flatten(1).norm(dim=1) - 1).square().mean()


def slope_between_pairs(critic, real, fake):
    fake = fake.detach()
    rise = (critic(real) - critic(fake)).abs()
    return 10 * (rise / (real - fake).flatten(1).norm(dim=1) - 1).square().mean()


def weighted_by_confidence(critic, real):
    x = real.detach().requires_grad_()
    out = critic(x)
    g = autograd.grad(out.sum(), x, create_graph=True)[0]
    return 5 * (out.sigmoid().detach() * g.square().flatten(1).sum(1)).mean()


EXPECTED = {
    "hinge_of_each_pixel": ("wgan-gp", "one-sided", 10.0, "per-pixel-norm"),
    "hinge_of_each_row": ("wgan-gp", "one-sided", 4.0, "per-pixel-norm"),
    "of_the_mean_norm": ("wgan-gp", "one-centered", 20.0, "whole-batch-norm"),
    "shuffled_with_one_weight": ("wgan-gp", "one-centered", 20.0, "one-weight-for-batch"),
    "slope_between_pairs": (None, None, None, "broadcast"),
    "weighted_by_confidence": (None, None, None, "broadcast"),
    "whole_batch": ("wgan-gp", "one-centered", 20.0, "whole-batch-norm"),
    "whole_batch_squared": ("pd", "squared", 10.0, "whole-batch-norm"),
    "whole_batch_flat": ("wgan-gp", "one-centered", 20.0, "whole-batch-norm"),
    "per_pixel": ("wgan-gp", "one-centered", 200.0, "per-pixel-norm"),
    "per_channel": ("wgan-gp", "one-centered", 20.0, "per-pixel-norm"),
    "per_element": ("pd", "squared", 10.0, "per-pixel-norm"),
    "per_row": ("pd", "squared", 10.0, "per-pixel-norm"),
    "one_weight": ("wgan-gp", "one-centered", 20.0, "one-weight-for-batch"),
    "weight_of_numpy": ("wgan-gp", "one-centered", 20.0, "one-weight-for-batch", "global-random-state"),
    "weight_per_element": ("wgan-gp", "one-centered", 20.0, "one-weight-for-batch"),
    "squeezed": ("wgan-gp", "one-centered", 20.0, "broadcast"),
    "weight_of_the_last_axis": ("wgan-gp", "one-centered", 20.0, "broadcast"),
    "differences_of_a_column": ("pd", "squared", 2.0, "broadcast"),
}

"""Functions that are no gradient penalty, or cannot be called: unlike anything known, and accused of nothing."""

import torch
from torch import autograd


def drift(critic, real):
    return 1e-3 * critic(real).square().mean()


def on_logits(d_real, d_fake):
    return (d_real.mean() - 0.3) ** 2 + (d_fake.mean() + 0.2) ** 2


def on_weights(critic, real):
    return sum(weight.square().sum() for weight in critic.parameters())


def whole_loss(D, real, fake):
    a = torch.rand(real.shape[0], *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    grad = autograd.grad(D(x).sum(), x, create_graph=True)[0].flatten(1)
    return D(fake.detach()).mean() - D(real).mean() + 10 * (grad.norm(dim=1) - 1).square().mean()


def largest(critic, real):
    x = real.detach().requires_grad_()
    grad = autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1)
    return grad.square().sum(1).max()


def returns_nothing(critic, real):
    critic(real)


def refuses(first, second, third, fourth, fifth):
    raise ValueError("nothing fits")


def logarithm(critic, real):
    x = real.detach().requires_grad_()
    grad = autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1)
    return (grad.norm(dim=1) + 1e-8).log().square().mean()


EXPECTED = dict.fromkeys(
    ("drift", "on_logits", "on_weights", "whole_loss", "largest", "logarithm", "returns_nothing", "refuses"),
    (None, None, None),
)

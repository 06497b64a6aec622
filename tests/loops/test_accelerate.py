"""A loop with Accelerate against a plain one with the formula of WGAN-GP."""

import copy

import torch
from torch import nn

import gpreg


def test_its_loop_gives_what_a_plain_loop_with_the_formula_gives():
    from accelerate import Accelerator

    from loops.accelerate_loop import train_critic

    torch.manual_seed(0)
    critic, generator = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)), nn.Linear(2, 2)
    start, loader = copy.deepcopy(critic), torch.utils.data.DataLoader(torch.randn(40, 2), batch_size=8)
    torch.manual_seed(1)
    train_critic(Accelerator(cpu=True), critic, generator, loader, gpreg.penalty("wgan-gp", rho="lambda=10", seed=0))

    torch.manual_seed(1)
    of_interpolation, optimizer = torch.Generator().manual_seed(0), torch.optim.Adam(start.parameters(), lr=1e-3)
    for real in loader:
        fake = generator(torch.randn_like(real)).detach()
        a = torch.rand(len(real), 1, generator=of_interpolation)
        x = (a * real + (1 - a) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(start(x).sum(), x, create_graph=True)
        optimizer.zero_grad()
        loss = start(fake).mean() - start(real).mean() + 10 * (gradient.norm(dim=1) - 1).square().mean()
        loss.backward()
        optimizer.step()
    torch.testing.assert_close(dict(critic.named_parameters()), dict(start.named_parameters()), rtol=1e-5, atol=1e-6)

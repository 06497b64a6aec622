"""A GAN in Lightning, by manual optimisation, with a penalty of gpreg."""

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer

import gpreg


class WGAN(LightningModule):
    """A critic and a generator of points in the plane, and the penalty, whose state Lightning saves with theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.critic = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
        self.generator = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
        self.penalty = gpreg.penalty("wgan-gp", rho="lambda=10", seed=0)

    def configure_optimizers(self) -> tuple[list[Optimizer], list[object]]:
        """One for each player."""
        return [torch.optim.Adam(each.parameters(), lr=1e-3) for each in (self.critic, self.generator)], []

    def training_step(self, real: Tensor, index: int) -> None:
        """One step of each player."""
        critic_optimizer, generator_optimizer = self.optimizers()

        fake = self.generator(torch.randn_like(real)).detach()
        loss = self.critic(fake).mean() - self.critic(real).mean() + self.penalty(self.critic, real, fake)
        critic_optimizer.zero_grad()
        self.manual_backward(loss)
        critic_optimizer.step()

        generator_optimizer.zero_grad()
        self.manual_backward(-self.critic(self.generator(torch.randn_like(real))).mean())
        generator_optimizer.step()

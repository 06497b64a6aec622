"""A training loop with Accelerate and a penalty of gpreg."""

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gpreg.penalties import Penalty


def train_critic(
    accelerator: Accelerator, critic: nn.Module, generator: nn.Module, loader: DataLoader[Tensor], penalty: Penalty
) -> None:
    """One step for each batch ``(B, *x)``. The penalty needs no preparation."""
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)
    critic, generator, optimizer, loader = accelerator.prepare(critic, generator, optimizer, loader)
    for real in loader:
        with torch.no_grad():
            fake = generator(torch.randn_like(real))
        loss = critic(fake).mean() - critic(real).mean() + penalty(critic, real, fake)
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()

"""A critic in DistributedDataParallel with a penalty of gpreg: ``torchrun --nproc-per-node 2 ddp_loop.py``."""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import gpreg


def train_critic(critic: nn.Module, real: Tensor, fake: Tensor, steps: int) -> None:
    """Steps on this process's part ``(B, *x)`` of the batch; the gradient is averaged over the processes."""
    penalty = gpreg.penalty("wgan-gp", rho="lambda=10", seed=dist.get_rank())  # other points in each process
    critic = DistributedDataParallel(critic)
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.01)
    for _ in range(steps):
        loss = critic(fake).mean() - critic(real).mean() + penalty(critic, real, fake)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main() -> None:
    """Train the critic to tell a process's own points from moved ones."""
    dist.init_process_group("gloo")
    torch.manual_seed(0)  # the same critic in each process
    critic = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
    torch.manual_seed(1 + dist.get_rank())
    real = torch.randn(64, 2)
    train_critic(critic, real, real + 1, steps=20)
    print(f"process {dist.get_rank()}: {sum(parameter.norm() for parameter in critic.parameters()):.6f}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()

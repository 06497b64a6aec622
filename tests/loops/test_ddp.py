"""Two processes of DistributedDataParallel against one, with the formula of WGAN-GP on the whole batch."""

from pathlib import Path

import pytest
import torch
from torch import nn

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BEGIN = f"import sys\nsys.path.append({str(EXAMPLES)!r})\nfrom loops import ddp_loop\n"
TRAIN = """
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
critic, real, fake = torch.load({given!r}, weights_only=False)
mine = slice(4 * dist.get_rank(), 4 * dist.get_rank() + 4)
ddp_loop.train_critic(critic, real[mine], fake[mine], steps=5)
torch.save(critic.state_dict(), {given!r} + f".{{dist.get_rank()}}")
dist.destroy_process_group()
"""


def finished(processes):
    assert [process.wait() for process in processes] == [0, 0], [process.told for process in processes]


def test_two_processes_give_what_one_with_the_formula_gives(pair, tmp_path):
    torch.manual_seed(0)
    critic, (real, fake) = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)), torch.randn(2, 8, 2)
    given = tmp_path / "given.pt"
    torch.save((critic, real, fake), given)
    finished(pair(code=BEGIN + TRAIN.format(given=str(given))))

    drawn, optimizer = (
        [torch.Generator().manual_seed(rank) for rank in range(2)],
        torch.optim.SGD(critic.parameters(), lr=0.01),
    )
    for _ in range(5):
        a = torch.cat([torch.rand(4, 1, generator=rng) for rng in drawn])
        x = (a * real + (1 - a) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        optimizer.zero_grad()
        loss = critic(fake).mean() - critic(real).mean() + 10 * (gradient.norm(dim=1) - 1).square().mean()
        loss.backward()
        optimizer.step()
    for rank in range(2):
        torch.testing.assert_close(torch.load(f"{given}.{rank}"), critic.state_dict(), rtol=1e-6, atol=1e-6)


def test_the_example_ends_in_the_same_critic_everywhere(pair):
    processes = pair(code=f"{BEGIN}ddp_loop.main()")
    finished(processes)
    first, other = (process.told.split(": ") for process in processes)
    assert (first[0], other[0]) == ("process 0", "process 1")
    assert float(first[1]) == pytest.approx(float(other[1]), rel=1e-6) != pytest.approx(0)

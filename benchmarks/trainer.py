"""What the trainer costs beside a bare loop, and how fast data arrives; paired, on the CPU.

    python benchmarks/trainer.py [--pairs 40]

The bare loop is one generator iteration of `mid` with the Wasserstein loss written out by hand: the same networks,
fakes, fused Adam and average, no checks, no statistics. The trainer's side is everything that it does between ticks,
the reading of a tick included. After the first iteration both have the same weights. Blocks of iterations alternate, so
that a drift of the machine's speed hits both alike.

The data path is a shuffled stream of `digits` against torchvision's way: a DataLoader with ToTensor and Normalize.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Normalize, ToTensor

from gpreg import load_registry
from gpreg.interfaces import Opening
from gpreg.recipe import AverageSettings, Choice, OptimizerSettings, PenaltySettings, Recipe, TrainingSettings
from gpreg.runs.plan import Plan, Supply
from gpreg.training.game import Game
from gpreg.training.setup import Setup, set_up
from gpreg.training.statistics import Statistics

BLOCK = 20
"""Iterations that are timed at once."""

LIMITS = {64: 1.15, 512: 1.03}
RATE, BETAS = 1e-4, (0.5, 0.9)


def plan_of(width: int) -> Plan:
    """`mid` on the ring, one critic step, with an average."""
    adam = OptimizerSettings(name="Adam", arguments={"lr": RATE, "betas": BETAS})
    recipe = Recipe(
        measure=Choice(name="mid"),
        loss=Choice(name="wasserstein"),
        architecture=Choice(name="mlp", options={"width": width}),
        dataset=Choice(name="8gaussians"),
        penalty=PenaltySettings(rho=2.0),
        training=TrainingSettings(batch_size=256, steps=10**6),
        average=AverageSettings(halflife_kimg=35.4),
        critic_optimizer=adam,
        generator_optimizer=adam,
    )
    return Supply(registry=load_registry()).plan(recipe)


def experiment_of(width: int) -> Setup:
    """Two of them, of one width, are equal."""
    return set_up(plan_of(width))


def trainer(experiment: Setup) -> Callable[[], None]:
    """One block of the trainer's iterations, and what it does with them at a tick."""
    game = Game(experiment)
    own, done = Statistics(experiment.players, tick=BLOCK, device=experiment.device), 0

    def block() -> None:
        nonlocal done
        for _ in range(BLOCK):
            own.record(game.play(done))
            done += 1
        own.read(done)

    return block


def bare(experiment: Setup) -> Callable[[], None]:
    """The same block by hand."""
    generator, critic, rng = experiment.generator, experiment.critic, experiment.latents
    assert experiment.average is not None
    average, decay = (
        copy.deepcopy(generator).requires_grad_(False),
        experiment.average.decay(0),
    )  # without a warm-up it is the same in each step
    of_critic = torch.optim.Adam(critic.parameters(), lr=RATE, betas=BETAS, fused=True)
    of_generator = torch.optim.Adam(generator.parameters(), lr=RATE, betas=BETAS, fused=True)
    parameters, averaged = [p.data for p in generator.parameters()], [p.data for p in average.parameters()]

    def iteration() -> None:
        real = next(experiment.stream).samples
        of_critic.zero_grad()
        with torch.no_grad():
            fake = generator(torch.randn(256, generator.latent_dim, generator=rng))
        points = ((real + fake) / 2).requires_grad_()
        (grad,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
        total = (critic(fake) - critic(real)).mean() + grad.square().sum(1).mean()
        total.backward()
        of_critic.step()
        of_generator.zero_grad()
        loss = -critic(generator(torch.randn(256, generator.latent_dim, generator=rng))).mean()
        loss.backward(inputs=list(generator.parameters()))
        of_generator.step()
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - decay)

    def block() -> None:
        for _ in range(BLOCK):
            iteration()

    return block


def overhead(pairs: int) -> None:
    """One row a width."""
    torch.set_num_threads(1)  # tiny networks run no faster on more
    print(f"{'mlp, batch 256':16} {'bare ms':>8} {'trainer ms':>11} {'ratio':>7} {'limit':>6}  weights apart")
    for width, limit in LIMITS.items():
        plain, ours = experiment_of(width), experiment_of(width)
        blocks = bare(plain), trainer(ours)
        for block in blocks:
            block()
        apart = max(
            float((a - b).detach().abs().max())
            for a, b in zip(plain.generator.parameters(), ours.generator.parameters(), strict=True)
        )
        times = [[_seconds(block) / BLOCK for block in blocks] for _ in range(pairs)]
        slow, fast = (1e3 * statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(b / a for a, b in times)
        print(f"{width:4} wide        {slow:8.3f} {fast:11.3f} {ratio:6.3f}x {limit:5.2f}x  {apart:.1e}")


class _Digits(Dataset[tuple[Tensor, int]]):
    """scikit-learn's digits as torchvision's data sets give them."""

    def __init__(self) -> None:
        bunch = load_digits()
        self._images = (bunch.images * 255 / 16).round().astype("uint8")
        self._labels = bunch.target.tolist()
        self._transform = Compose([ToTensor(), Normalize(0.5, 0.5)])

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(self._images[index]), self._labels[index]


def data_path(pairs: int) -> None:
    """Images per second of both ways."""
    size, batches = 64, 20
    loader: DataLoader[tuple[Tensor, int]] = DataLoader(_Digits(), batch_size=size, shuffle=True, drop_last=True)

    def forever() -> Iterator[list[Tensor]]:
        while True:
            yield from loader

    theirs = forever()
    ours = load_registry().build("dataset", "digits").open(Opening(value_range=(-1.0, 1.0))).stream(size, seed=0)
    ways = (lambda: [next(theirs) for _ in range(batches)]), (lambda: [next(ours) for _ in range(batches)])
    times = [[_seconds(way) for way in ways] for _ in range(pairs)]
    rates = [size * batches / statistics.median(column) for column in zip(*times, strict=True)]
    ratio = statistics.median(a / b for a, b in times)
    print(
        f"digits, batch {size}: DataLoader {rates[0]:,.0f} images/s, gpreg {rates[1]:,.0f}: {ratio:.1f}x (target 10x)"
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40)
    pairs = parser.parse_args().pairs
    overhead(pairs)
    data_path(pairs)


if __name__ == "__main__":
    main()

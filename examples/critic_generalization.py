"""Does a critic learn two laws, or the points that it has seen of them? Each penalty's answer, beside the truth.

    python examples/critic_generalization.py --steps 10000 --out critic_generalization.png

The two-Gaussian experiment of Thanh-Tung, Tran and Venkatesh (2019), Figure 1, with the numbers of its code: 100 fixed
points of each law, a critic of two hidden layers of 64 tanh, minimax loss, Adam 1e-3, batches of 20, and a penalty with
lambda = 1 (rho = 2) on the critic's sigmoid. The best that any critic can do is D* = p / (p + q). Printed are accuracy
and loss on the training points and on 20,000 fresh ones of each law, their difference (the generalization gap), and the
mean of |D - D*| over the picture and over the fresh points. The paper takes 50,005 steps; the default takes a fifth of
them, a minute or two on one core, which shows the overfitting.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import gpreg
from gpreg import pictures
from gpreg.interfaces import GANLoss, Opening
from value_surfaces import Surface, surfaces

Critic = Callable[[Tensor], Tensor]
"""``(B, 2) -> (B,)``, logits."""

RHO = 2.0
BATCH = 20
HELD_OUT = 20_000
LIMITS = (-2.5, 4.5, -2.5, 4.5)
RESOLUTION = 100


@dataclass(frozen=True)
class Case:
    """A penalty by the name of its measure (``None``: none), and how many points of each law are known."""

    title: str
    measure: str | None
    points: int = 100


CASES = (
    Case("No penalty", None),
    Case("No penalty, 1,000 points", None, points=1_000),
    Case("1-GP: wgan-gp", "wgan-gp"),
    Case("0-GP-sample: pd+pg", "pd+pg"),
    Case("0-GP: gp", "gp"),
)

OPTIMUM = Case("Optimal: p / (p + q)", None)


@dataclass(frozen=True)
class Report:
    """Accuracy and minimax loss, on training points and held out; mean of ``|D - D*|``, on the mesh and held out."""

    training_accuracy: float
    held_out_accuracy: float
    training_loss: float
    held_out_loss: float
    distance_on_mesh: float
    distance_held_out: float

    def __str__(self) -> str:
        accuracies, losses = (self.training_accuracy, self.held_out_accuracy), (self.training_loss, self.held_out_loss)
        gaps = accuracies[0] - accuracies[1], losses[1] - losses[0]
        numbers = (*accuracies, gaps[0], *losses, gaps[1], self.distance_on_mesh, self.distance_held_out)
        return "".join(f"{number:10.3f}" for number in numbers)


WIDTH = 24
GROUPS = f"{'':{WIDTH}}{'accuracy':>10}{'':20}{'minimax loss':>12}{'':18}{'mean of |D - D*|':>18}"
COLUMNS = f"{'':{WIDTH}}" + "".join(
    f"{name:>10}" for name in ("training", "held out", "gap", "training", "held out", "gap", "mesh", "held out")
)


def build_source(points: int | None) -> Any:
    """The two laws, of which ``points`` fixed points are known; ``None``: as many as one likes."""
    return gpreg.load_registry().build("dataset", "two-gaussians", {"points": points})


def train(case: Case, steps: int, seed: int) -> nn.Module:
    """The critic after so many steps; its output is the logit."""
    source = build_source(case.points)
    total = objective(case.measure, seed)
    torch.manual_seed(seed)
    critic = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1), nn.Flatten(0))
    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-3)
    for real, fake in batches(source, steps, seed):
        optimiser.zero_grad()
        total(critic, real, fake).backward()
        optimiser.step()
    return critic.eval()


def objective(measure: str | None, seed: int) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    """What the critic minimises: the minimax loss, and the penalty if there is one."""
    if measure is None:
        return lambda critic, real, fake: minimax().critic_loss(critic(real), critic(fake)).mean()
    whole = gpreg.CriticObjective(minimax(), gpreg.penalty(measure, rho=RHO, of="sigmoid", seed=seed))
    return lambda critic, real, fake: whole(critic, real, fake).total


@cache
def minimax() -> GANLoss:
    """``-log s(D(x_d)) - log(1 - s(D(x_g)))``."""
    loss: GANLoss = gpreg.load_registry().build("loss", "minimax")
    return loss


def optimal_critic(x: Tensor) -> Tensor:
    """The logit of D*, ``(B, 2) -> (B,)``: the log ratio of the densities."""
    law = build_source(None)
    log_ratio: Tensor = law.real.log_density(x) - law.fake.log_density(x)
    return log_ratio


def batches(source: Any, steps: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Real and fake batches, shuffled apart."""
    real = source.open(Opening()).stream(BATCH, seed=seed)
    fake = source.opponent().open(Opening()).stream(BATCH, seed=seed + 1)
    for _ in range(steps):
        yield next(real).samples, next(fake).samples


@torch.no_grad()
def examine(critic: Critic, points: int) -> Report:
    """The critic on the points that it was trained on, on fresh ones, and against D*."""
    known, law = build_source(points), build_source(None)
    rng = torch.Generator().manual_seed(0)
    training = [side.open(Opening()).take(points, rng=rng).samples for side in (known, known.opponent())]
    fresh = [side.open(Opening(split="test")).take(HELD_OUT, rng=rng).samples for side in (law, law.opponent())]
    places = (pictures.Mesh(LIMITS, RESOLUTION).points(), torch.cat(fresh))
    distances = [(critic(x).sigmoid() - law.optimal_discriminator(x)).abs().mean().item() for x in places]
    return Report(*scores(critic, training, fresh), *distances)


def scores(critic: Critic, *pairs: list[Tensor]) -> list[float]:
    """Accuracies, then minimax losses, each for every pair of a real and a fake sample."""
    outputs = [(critic(real), critic(fake)) for real, fake in pairs]
    accuracies = [torch.cat([d_real > 0, d_fake < 0]).float().mean().item() for d_real, d_fake in outputs]
    return accuracies + [minimax().critic_loss(*output).mean().item() for output in outputs]


def panel(case: Case, critic: Critic, report: Report) -> Surface:
    """The critic's value surface under its training points."""
    source = build_source(case.points)
    rng = torch.Generator().manual_seed(0)
    real, fake = (side.open(Opening()).take(case.points, rng=rng).samples for side in (source, source.opponent()))
    note = f"accuracy {report.training_accuracy:.2f} training, {report.held_out_accuracy:.2f} held out"
    return Surface(title=case.title, note=note, critic=lambda x: critic(x).sigmoid(), real=real, fake=fake)


def main() -> None:
    """Train one critic for each penalty, print its report, draw all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000, help="steps of each critic; the paper takes 50,005")
    parser.add_argument("--seed", type=int, default=0, help="of the networks and of the order of the data")
    parser.add_argument("--out", type=Path, default=Path("critic_generalization.png"), help="where the picture goes")
    arguments = parser.parse_args()
    print(GROUPS, COLUMNS, sep="\n")
    panels = []
    for case in (*CASES, OPTIMUM):
        critic = optimal_critic if case is OPTIMUM else train(case, arguments.steps, arguments.seed)
        report = examine(critic, case.points)
        print(f"{case.title:{WIDTH}}{report}", flush=True)
        panels.append(panel(case, critic, report))
    pictures.save_png(surfaces(panels, limits=LIMITS), arguments.out)
    print(f"picture: {arguments.out}")


if __name__ == "__main__":
    main()

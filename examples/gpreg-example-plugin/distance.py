"""How near does a critic come to the distance of two laws, with chords of the plan and with others?

    python examples/gpreg-example-plugin/distance.py

The real law is ``8gaussians``. Of the fake one each mode lies a fifth of the radius farther out, or farther in, than a
real one, by turns, so that the best critic rises beside one mode and falls beside the next. The critic learns alone, by
WGAN-GP's loss with lambda = 10 (rho = 20). With the best 1-Lipschitz critic the difference of its means is W1. Printed
are, for each measure and seed, that difference over W1, both on the same 1,000 fresh points of each law, and the median
norm of the gradient on 1,000 chords of the plan and on as many chords between independent points.
"""

import torch
from gpreg_example.ot_chords import TransportChords, plan
from gpreg_example.plugin import ChordOptions
from scipy.spatial.distance import cdist
from torch import Tensor, nn

import gpreg
from gpreg.interfaces import Opening, PenaltyMeasure

STEPS, BATCH, FRESH, SEEDS = 4000, 64, 1000, range(5)
REAL = gpreg.load_registry().build("dataset", "8gaussians").open(Opening())
MODES = REAL.modes
MEASURES: dict[str, str | PenaltyMeasure] = {"wgan-gp": "wgan-gp", "ot-chords": TransportChords(ChordOptions())}


def laws(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """``(n, 2)`` real and fake points."""
    mode = torch.randint(len(MODES.centres), (n,), generator=rng)
    radius = torch.where(mode % 2 == 0, 1.2, 0.8)[:, None]
    fake = radius * MODES.centres[mode] + MODES.std * torch.randn(n, 2, generator=rng)
    return REAL.take(n, rng=rng).samples, fake


def train(penalty: gpreg.Penalty, seed: int) -> nn.Module:
    """A critic that has learnt alone."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    inner = [layer for width in (2, 128, 128) for layer in (nn.Linear(width, 128), nn.LeakyReLU())]
    critic = nn.Sequential(*inner, nn.Linear(128, 1), nn.Flatten(0))
    optimiser = torch.optim.Adam(critic.parameters(), lr=5e-3, betas=(0.5, 0.9))
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, STEPS)
    for _ in range(STEPS):
        real, fake = laws(BATCH, rng)
        optimiser.zero_grad()
        (critic(fake).mean() - critic(real).mean() + penalty(critic, real, fake)).backward()
        optimiser.step()
        decay.step()
    return critic


def examine(critic: nn.Module) -> tuple[float, float, float]:
    """The share of W1 that the critic finds; the median norm on the plan's chords, and on independent ones."""
    rng = torch.Generator().manual_seed(1000)
    real, fake = laws(FRESH, rng)
    pairs = plan(real, fake)
    w1 = cdist(real, fake)[range(FRESH), pairs].mean()
    found = (critic(real).mean() - critic(fake).mean()).item()
    a = torch.rand(FRESH, 1, generator=rng)
    norms = []
    for partner in (fake[pairs], fake):
        points = (a * real + (1 - a) * partner).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(points).sum(), points)
        norms.append(gradient.norm(dim=1).median().item())
    return found / w1, norms[0], norms[1]


def main() -> None:
    """Print a row for each measure and seed."""
    print(f"{'measure':12}{'seed':>6}{'share of W1':>14}{'norm, plan':>14}{'norm, other':>14}", flush=True)
    for name, measure in MEASURES.items():
        for seed in SEEDS:
            penalty = gpreg.penalty(measure, rho=20.0, form="one-centered", seed=seed)
            share, on_plan, elsewhere = examine(train(penalty, seed))
            print(f"{name:12}{seed:6}{share:14.3f}{on_plan:14.3f}{elsewhere:14.3f}", flush=True)


if __name__ == "__main__":
    main()

"""What constraints do to the critic's slope in the plane, and what a step with each costs; of one run each.

The recipe is `plane` with the loss `non-saturating`, without a penalty, after 500 steps. The slope is `|grad D|` at
2,000 real samples with noise N(0, 1) added. Singular values are of the matrices that layers compute with, the largest
one looked at every ten steps.

    python benchmarks/constraints.py [--steps 500]
"""

import argparse
import statistics
import time
from typing import Any

import torch
from torch import Tensor, nn

import gpreg
from gpreg.training.game import Game
from gpreg.training.setup import set_up

ROWS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "spectral-norm": [{"name": "spectral-norm"}],
    "spectral-norm, iterations=2": [{"name": "spectral-norm", "iterations": 2}],
    "spectral-norm, iterations=5": [{"name": "spectral-norm", "iterations": 5}],
    "weight-norm": [{"name": "weight-norm"}],
    "orthogonal-projection": [{"name": "orthogonal-projection"}],
    "clipping, bound=0.1": [{"name": "clipping", "bound": 0.1}],
}


def slopes(critic: nn.Module, real: Tensor) -> Tensor:
    """``|grad D|`` around the data, ``(N,)``."""
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0))
    x = (real + noise).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x)
    norms: Tensor = gradient.norm(dim=1)
    return norms


@torch.no_grad()
def largest(critic: nn.Module) -> float:
    """The largest singular value of any linear layer."""
    return max(float(torch.linalg.matrix_norm(m.weight, 2)) for m in critic.modules() if isinstance(m, nn.Linear))


def main() -> None:
    """Print one row a constraint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500)
    arguments = parser.parse_args()
    print(f"{'':28} {'slope: largest':>14} {'mean':>6} {'singular: largest':>18} {'median':>8} {'ms a step':>10}")
    for name, constraints in ROWS.items():
        asked = gpreg.experiment("plane", loss="non-saturating", rho=0, metrics=[], constraints=constraints)
        setup = set_up(asked.with_(device="cpu").plan)
        game, looks, times = Game(setup), list[float](), list[float]()
        for step in range(arguments.steps):
            start = time.perf_counter()
            game.play(step)
            times.append(time.perf_counter() - start)
            if step % 10 == 9:
                looks.append(largest(setup.critic))
        found = slopes(setup.critic, setup.data.take(2000, rng=torch.Generator().manual_seed(1))[0])
        told = f"{found.max():14.2f} {found.mean():6.2f} {max(looks):18.6g} {statistics.median(looks):8.3g}"
        print(f"{name:28} {told} {1000 * statistics.median(times):10.2f}", flush=True)


if __name__ == "__main__":
    main()

"""8 Gaussians: do damping ratios order the measures as their training oscillates?

    python benchmarks/oscillation.py [--seeds 2] [--steps 1000] [--rho 0.5] [--out PATH]

Each measure trains the recipe `plane` at one common rho, with constant learning rates and without an average. Over the
second half, every five steps, the mean and the second moments of the generator's samples at 512 fixed codes are
recorded; the oscillation is the root mean square of what a moving average over 100 steps leaves of them. The damping
ratios are those of the ten strongest modes of the linearised game, at the zeroed last layer, with the features that the
critic has at the end: their smallest and their median. If theory orders the measures as training does, Spearman's rank
correlation of damping ratio and oscillation is near -1. Writes `OUT.json` and `OUT.png`.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import spearmanr

from gpreg import Registry, load_registry
from gpreg.recipe import load, override
from gpreg.runs.plan import Supply
from gpreg.training.device import cpu_threads
from gpreg.training.game import Game
from gpreg.training.setup import Setup, set_up
from gpreg_theory.advice.points import point_of, zeroed
from gpreg_theory.networks.modes import modal_table

MEASURES: dict[str, dict[str, Any]] = {
    "pg": {"measure.name": "pg"},
    "pd": {"measure.name": "pd"},
    "pd+pg": {"measure.name": "pd+pg"},
    "gp": {"measure.name": "gp"},
    "mid": {"measure.name": "mid"},
    "g-anc": {"measure.name": "g-anc"},
    "box": {"measure": {"name": "box", "low": -3.0, "high": 3.0}},
    "dragan": {"measure.name": "dragan", "form.name": "squared"},
}
EVERY, WINDOW, CODES = 5, 20, 512
"""Steps between two records, records of the moving average, fixed codes."""

ADAM = {"name": "Adam", "lr": 5e-3, "betas": [0.5, 0.9]}


def experiment_of(choices: dict[str, Any], registry: Registry, arguments: argparse.Namespace, seed: int) -> Setup:
    """The recipe `plane` with one measure."""
    shared = {
        "training.seed": seed,
        "training.steps": arguments.steps,
        "penalty.rho": arguments.rho,
        "critic_optimizer": ADAM,
        "generator_optimizer": ADAM,
        "schedule.name": "constant",
        "average.halflife_kimg": 0.0,
        "compute.device": "cpu",
        "metrics": "none",
    }
    recipe, _ = override(load("plane", registry), {**shared, **choices}, registry)
    return set_up(Supply(registry=registry).plan(recipe))


@torch.no_grad()
def moments(experiment: Setup, codes: torch.Tensor) -> NDArray[np.float64]:
    """``(5,)``: means, second moments and the product's mean of the samples at fixed codes."""
    x = experiment.generator(codes).double()
    return torch.stack([*x.mean(0), *x.square().mean(0), x.prod(1).mean()]).numpy()


def oscillation(path: NDArray[np.float64]) -> float:
    """Root mean square of what a moving average leaves of a path ``(records, moments)``."""
    kernel = np.ones(WINDOW) / WINDOW
    slow = np.stack([np.convolve(column, kernel, mode="valid") for column in path.T], axis=1)
    start = WINDOW // 2
    return float(np.sqrt(np.square(path[start : start + len(slow)] - slow).sum(1).mean()))


def run(name: str, registry: Registry, arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Train one measure; its oscillation and its damping ratios."""
    experiment = experiment_of(MEASURES[name], registry, arguments, seed)
    codes = experiment.generator.draw_latent(CODES, torch.Generator().manual_seed(seed))
    game, path = Game(experiment), []
    with cpu_threads(1):
        for step in range(arguments.steps):
            game.play(step)
            if step >= arguments.steps // 2 and step % EVERY == 0:
                path.append(moments(experiment, codes))
        critic = zeroed(experiment)
        first, second = (point_of(experiment, critic, seed=number, equilibrium=True) for number in (0, 1))
        table = modal_table(first, second=second)
    ratios = [mode.ratio for mode in table.modes]
    return {
        "measure": name,
        "seed": seed,
        "oscillation": oscillation(np.array(path)),
        "smallest_ratio": min(ratios),
        "median_ratio": float(np.median(ratios)),
        "best_rho": table.best.rho,
    }


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Oscillation over the median damping ratio, a point a run."""
    figure = Figure(figsize=(7, 4.2), dpi=150, layout="constrained")
    axes = figure.subplots()
    for index, name in enumerate(MEASURES):
        own = [row for row in rows if row["measure"] == name]
        axes.scatter(
            [row["median_ratio"] for row in own],
            [row["oscillation"] for row in own],
            s=26,
            color=f"C{index}",
            label=name,
        )
    axes.set(xscale="log", yscale="log", xlabel="median damping ratio of the 10 strongest modes", ylabel="oscillation")
    axes.set_title("8 Gaussians: predicted damping and seen oscillation", fontsize=9)
    axes.legend(frameon=False, fontsize=8, ncols=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path)


def main() -> int:
    """Run every measure with every seed, print a line a run and the correlations, write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rho", type=float, default=0.5)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(""))
    arguments = parser.parse_args()
    registry = load_registry()
    rows = []
    for seed in range(arguments.seeds):
        for name in MEASURES:
            rows.append(run(name, registry, arguments, seed))
            print("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in rows[-1].items()))
    correlations = {}
    for key in ("smallest_ratio", "median_ratio"):
        means = [
            [np.mean([row[value] for row in rows if row["measure"] == name]) for name in MEASURES]
            for value in (key, "oscillation")
        ]
        correlations[key] = {
            "measures": float(spearmanr(*means).statistic),
            "runs": float(spearmanr([row[key] for row in rows], [row["oscillation"] for row in rows]).statistic),
        }
    print(json.dumps(correlations))
    settings = {"steps": arguments.steps, "optimizer": ADAM, "rho": arguments.rho}
    document = {**settings, "runs": rows, "spearman": correlations}
    arguments.out.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    draw(rows, arguments.out.with_suffix(".png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

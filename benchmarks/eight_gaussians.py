"""8 Gaussians: critic updates until the generator is good, by the recipe `plane` and by the paper's.

    python benchmarks/eight_gaussians.py [--seeds 5] [--paper-seeds 1] [--paper-steps N] [--out PATH]

Good means, by the metric `modes` with threshold 1: 8 modes of 8, and at least 95 % of 10,000 samples within three
standard deviations of one. The paper's recipe, `kim-8gaussians`, makes 30,000 x 5 critic updates; `plane` makes a
twentieth of them at most.
Writes `OUT.json`, the scores of each run over critic updates, and `OUT.png`, both curves. A run of `plane` takes less
than a minute, the paper's about an hour; `--paper-steps` stops it earlier.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gpreg import load_registry
from gpreg.recipe import load, override
from gpreg.runs.plan import Supply
from gpreg.training.run import start

GOOD, BUDGET = 0.95, 30_000 * 5 // 20
COLOURS = {"plane": "#2a78d6", "kim-8gaussians": "#d03b3b"}


def curve(name: str, seed: int, steps: int | None, scores: int = 30) -> list[dict[str, float]]:
    """Train one recipe with one seed; its scores over critic updates."""
    registry = load_registry()
    recipe = load(name, registry)
    steps = steps or recipe.training.steps
    tick = max(steps // scores, 1)
    report = {"report.tick": tick, "report.score_ticks": 1, "report.picture_ticks": 0, "report.checkpoint_ticks": 0}
    changed, _ = override(
        recipe,
        {
            "training.seed": seed,
            "training.steps": steps,
            "metrics": [{"name": "modes", "threshold": 1}],  # as the published counts have it
            "report.gap_samples": 0,
            "report.check_samples": 0,
            **report,
        },
        registry,
    )
    with tempfile.TemporaryDirectory() as folder:
        run = start(Supply(registry=registry).plan(changed), Path(folder) / "run")
        lines = run.metrics.read()
    updates = recipe.training.critic_steps
    return [{"critic_updates": line["step"] * updates, **line["values"]} for line in lines]


def reached(scores: list[dict[str, float]]) -> float | None:
    """Critic updates after which the generator is good and stays so; None if it never is."""
    first = None
    for score in scores:
        good = score["modes"] == 8 and score["high_quality_share"] >= GOOD
        first = (score["critic_updates"] if first is None else first) if good else None
    return first


def draw(runs: dict[str, list[list[dict[str, float]]]], path: Path) -> None:
    """The share of high-quality samples over critic updates, a line a run."""
    figure = Figure(figsize=(8, 4), dpi=150, layout="constrained")
    axes = figure.subplots()
    for name, curves in runs.items():
        for scores in curves:
            updates = [max(score["critic_updates"], 1) for score in scores]
            shares = [100 * score["high_quality_share"] for score in scores]
            axes.plot(updates, shares, color=COLOURS[name], linewidth=1.2, alpha=0.8)
        seeds = f"{len(curves)} seed{'s' if len(curves) > 1 else ''}"
        label = f"{name}, {seeds}, {curves[0][-1]['critic_updates']:,} critic updates"
        axes.plot([], [], color=COLOURS[name], label=label)
    axes.axhline(100 * GOOD, color="#8a8984", linewidth=0.8, linestyle=":")
    axes.axvline(BUDGET, color="#8a8984", linewidth=0.8, linestyle=":")
    axes.set(xscale="log", xlim=(50, 2e5), ylim=(0, 100), xlabel="critic updates", ylabel="high-quality samples, %")
    axes.set_title("8 Gaussians: dotted are 95 % and a twentieth of the paper's 150,000 critic updates", fontsize=9)
    axes.legend(frameon=False, loc="center right")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path)


def main() -> int:
    """Run, print a line a run, write both files; fails if a run of `plane` does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--paper-seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(""))
    parser.add_argument("--paper-steps", type=int, help="generator steps of the paper's recipe; by default its own")
    arguments = parser.parse_args()
    runs: dict[str, list[Any]] = {}
    recipes = (("plane", arguments.seeds, None), ("kim-8gaussians", arguments.paper_seeds, arguments.paper_steps))
    for name, seeds, steps in recipes:
        for seed in range(seeds):
            scores = curve(name, seed, steps)
            runs.setdefault(name, []).append(scores)
            last, good = scores[-1], reached(scores)
            print(
                f"{name:15} seed {seed}: {last['modes']:.0f} modes, {last['high_quality_share']:.1%} of high quality "
                f"after {last['critic_updates']:,.0f} critic updates; good from {good and f'{good:,.0f}'} on",
                flush=True,
            )
    arguments.out.with_suffix(".json").write_text(json.dumps(runs) + "\n", encoding="utf-8")
    draw(runs, arguments.out.with_suffix(".png"))
    late = [scores for scores in runs.get("plane", []) if (reached(scores) or BUDGET + 1) > BUDGET]
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())

"""Every row of the papers' table on Fashion-MNIST, by the recipe `fashion-mnist`: how far the scores fall in 300 steps.

    python benchmarks/fashion_mnist.py [--steps 300] [--measures wgan,wgan-gp,pg,pd,gp,mid,g-anc] [--seed 0]

Each row is `gpreg train fashion-mnist --measure NAME --steps 300`: the networks for MNIST, one critic update a step.
The distance is the Frechet distance in the features of a classifier trained on the data (metric `classifier`, 2,000
generated samples), before the first step and after the last one. Fails if a row diverges, or if a gradient penalty
does not halve the distance.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from gpreg import load_registry
from gpreg.errors import GpregError
from gpreg.recipe import load, override
from gpreg.runs.plan import Supply
from gpreg.training.run import start

ROWS = "wgan,wgan-gp,pg,pd,gp,mid,g-anc"


def row(measure: str, steps: int, seed: int) -> tuple[float, float, float]:
    """Distance before and after, and seconds of the run."""
    registry = load_registry()
    choices = {
        "measure.name": measure,
        "training.steps": steps,
        "training.seed": seed,
        "report.tick": steps,
        "report.score_ticks": 1,
        "report.picture_ticks": 0,
        "report.checkpoint_ticks": 0,
        "report.gap_samples": 0,
        "report.check_samples": 0,
    }
    recipe, _ = override(load("fashion-mnist", registry), choices, registry)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = start(Supply(registry=registry).plan(recipe), Path(folder) / "run")
        before, after = (line["values"]["frechet_distance"] for line in run.metrics.read())
    return before, after, time.perf_counter() - started


def main() -> int:
    """Print one line a row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--measures", default=ROWS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(f"{'measure':10} {'step 0':>8} {f'step {arguments.steps}':>9} {'ratio':>6} {'seconds':>8}")
    failed = False
    for measure in arguments.measures.split(","):
        try:
            before, after, seconds = row(measure, arguments.steps, arguments.seed)
        except GpregError as error:
            print(f"{measure:10} {error.message}")
            failed = True
            continue
        failed = failed or (measure != "wgan" and after > before / 2)
        print(f"{measure:10} {before:8.1f} {after:9.1f} {after / before:6.2f} {seconds:8.0f}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

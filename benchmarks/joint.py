"""Runs of the 2 x 64 network trained jointly, against the same runs one after another; paired, on the CPU.

    python benchmarks/joint.py [--runs 16] [--pairs 5] [--batch-sizes 64,128,256,512]

Both sides do all that a run does between ticks, and read a tick's statistics at its end; the runs differ in seed and
rho, and are those of the recipe `plane` with two hidden layers. Blocks of one tick alternate, so that a drift of the
machine's speed hits both alike; CPU time is compared, because other work on the machine does not count in it, and the
clock's time is printed too. Both sides use one thread.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import torch

import gpreg
from gpreg.recipe import load, override
from gpreg.runs.plan import Plan, Supply
from gpreg.training.game import Game
from gpreg.training.joint.game import JointGame
from gpreg.training.setup import Setup, set_up
from gpreg.training.statistics import Statistics

BLOCK = 20
"""Iterations that are timed at once, of each run."""

TARGET = 2.5


def plans_of(count: int, batch: int) -> list[Plan]:
    """Runs that differ in seed and rho."""
    registry = gpreg.load_registry()
    found = []
    for seed in range(count):
        choices = {
            "architecture": {"hidden_layers": 2},
            "training.seed": seed,
            "training.batch_size": batch,
            "penalty.rho": 0.5 + seed % 4,
            "compute.device": "cpu",
        }
        recipe, _ = override(load("plane", registry), choices, registry)
        found.append(Supply(registry=registry).plan(recipe))
    return found


def _statistics(setups: Sequence[Setup]) -> list[Statistics]:
    return [Statistics(setup.players, tick=BLOCK, device=setup.device) for setup in setups]


def one_after_another(setups: Sequence[Setup]) -> Callable[[], None]:
    """A block of each run."""
    games, own, done = [Game(setup) for setup in setups], _statistics(setups), 0

    def block() -> None:
        nonlocal done
        for game, rows in zip(games, own, strict=True):
            for step in range(done, done + BLOCK):
                rows.record(game.play(step))
            rows.read(done + BLOCK)
        done += BLOCK

    return block


def jointly(setups: Sequence[Setup]) -> Callable[[], None]:
    """A block of all runs."""
    game, own, done = JointGame(setups), _statistics(setups), 0

    def block() -> None:
        nonlocal done
        rows = torch.stack([game.play(step).rows for step in range(done, done + BLOCK)])
        done += BLOCK
        game.publish()
        for index, each in enumerate(own):
            each.add(rows[:, :, index])
            each.read(done)

    return block


def _seconds(block: Callable[[], None]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    block()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """Print one row a batch size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--batch-sizes", default="64,128,256,512")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{arguments.runs} runs of 2 x 64; medians of {arguments.pairs} pairs; target {TARGET}x")
    print(f"{'batch':>6} {'alone ms':>9} {'joint ms':>9} {'CPU':>7} {'clock':>7}   (ms a step and run)")
    for batch in map(int, arguments.batch_sizes.split(",")):
        plans = plans_of(arguments.runs, batch)
        blocks = one_after_another([set_up(plan) for plan in plans]), jointly([set_up(plan) for plan in plans])
        for block in blocks:
            block()
        pairs = [[_seconds(block) for block in blocks] for _ in range(arguments.pairs)]
        per = 1e3 / (BLOCK * arguments.runs)
        alone, joint = (per * statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
        cpu, clock = (statistics.median(a[kind] / b[kind] for a, b in pairs) for kind in (0, 1))
        print(f"{batch:6} {alone:9.2f} {joint:9.2f} {cpu:6.2f}x {clock:6.2f}x", flush=True)


if __name__ == "__main__":
    main()

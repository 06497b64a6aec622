"""The executor ``local`` with two slots against one, on equal cells, paired in one run.

    python benchmarks/local_slots.py [--cells 4] [--steps 300] [--rounds 3]

A cell is what a sweep's is: a command in a child process that imports torch and trains a small network on 8 Gaussians.
Each round carries out all cells with one slot and with two, of one core each. Printed is the ratio of the two times of
each round, and their median, which should be at least 1.7 on two cores that do nothing else.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from gpreg.sweeps.job import Job
from gpreg_executors.local import LocalExecutor, LocalOptions


def seconds(slots: int, cells: int, steps: int) -> float:
    """From the first submission to the last cell's end."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with LocalExecutor(LocalOptions(slots=slots, cores=1)) as executor:
            ended = list(executor.map(lambda job: job(), [cell(Path(folder), seed, steps) for seed in range(cells)]))
        assert all(each.exit_code == 0 for each in ended), ended
        return time.monotonic() - began


def cell(folder: Path, seed: int, steps: int) -> Job:
    few = ("--steps", str(steps), "--metric", "none", "--set", "report.picture_ticks=0", "--seed", str(seed))
    words = (sys.executable, "-m", "gpreg", "train", "plane", *few, "--out", str(folder / f"{seed}"))
    return Job(words=words, log=folder / f"{seed}.log")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=4)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ratios = []
    for _ in range(given.rounds):
        one, two = (seconds(slots, given.cells, given.steps) for slots in (1, 2))
        ratios.append(one / two)
        print(f"one slot {one:6.2f} s, two slots {two:6.2f} s: {ratios[-1]:.2f} times as fast", flush=True)
    print(f"median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()

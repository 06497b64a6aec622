"""What gpreg adds to reading the user's torch Dataset, beside a plain DataLoader; paired, on the CPU.

    python benchmarks/own_data.py [--pairs 40]

The items are ready in memory, 3 x 32 x 32 floats or bytes with a label, so that what is timed is the reading alone: on
gpreg's side also the checks of shape, type, label and range, the seeds by which random augmentation can be resumed, and
the scaling to (-1, 1).
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset

from gpreg.data.given import GivenOptions, GivenSource
from gpreg.interfaces import Opening

SIZE, BATCH, BLOCK = 2000, 64, 20


def plain(dataset: Dataset[tuple[Tensor, ...]]) -> Iterator[list[Tensor]]:
    """Batches of a DataLoader without end."""
    loader = DataLoader(dataset, batch_size=BATCH, shuffle=True, drop_last=True)
    while True:
        yield from loader


def seconds(work: Callable[[], object]) -> float:
    """How long a block of batches takes, per batch."""
    started = time.perf_counter()
    for _ in range(BLOCK):
        work()
    return (time.perf_counter() - started) / BLOCK


def main() -> None:
    """One row a kind of items."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40)
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    labels = torch.arange(SIZE) % 10
    print(f"{f'batch {BATCH}':10} {'DataLoader ms':>14} {'gpreg ms':>9} {'ratio':>7}")
    for name, images in (
        ("floats", torch.rand(SIZE, 3, 32, 32)),
        ("bytes", torch.randint(256, (SIZE, 3, 32, 32), dtype=torch.uint8)),
    ):
        dataset = TensorDataset(images, labels)
        theirs = plain(dataset)
        ours = GivenSource(dataset, GivenOptions(holdout=0)).open(Opening(value_range=(-1.0, 1.0)))
        stream = ours.stream(BATCH, seed=0)
        times = [(seconds(lambda: next(theirs)), seconds(lambda: next(stream))) for _ in range(pairs)]  # noqa: B023 -- called at once
        slow, fast = (1e3 * statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name:10} {slow:14.3f} {fast:9.3f} {statistics.median(b / a for a, b in times):6.2f}x")


if __name__ == "__main__":
    main()

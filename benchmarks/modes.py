"""The ten strongest modes of a DCGAN game: time, peak memory and the table.

Networks as they are initialised, data uniform in [-1, 1], the penalty at the real samples. ``--zeroed`` looks at the
constructive equilibrium instead, where only the last layer of the critic counts.

    OMP_NUM_THREADS=2 python benchmarks/modes.py [--batch-size 32] [--modes 10] [--zeroed]
"""

import argparse
import resource
import sys
import time

import torch

import gpreg
from gpreg.interfaces import PenaltySample, SampleSpec
from gpreg_theory.networks.equilibrium import at_zero, last_linear
from gpreg_theory.networks.modes import ModalTable, modal_table
from gpreg_theory.networks.point import GamePoint


def game_point(batch_size: int, *, zeroed: bool, seed: int) -> GamePoint:
    """The networks of seed 0 with a batch of another seed."""
    torch.manual_seed(0)
    registry = gpreg.load_registry()
    architecture = registry.build("architecture", "dcgan")
    spec = SampleSpec(shape=(3, 32, 32), value_range=(-1.0, 1.0))
    critic, generator = architecture.critic(spec), architecture.generator(spec)
    rng = torch.Generator().manual_seed(seed)
    real = torch.rand(batch_size, 3, 32, 32, generator=rng) * 2 - 1
    layer = last_linear(critic, real[:2])[0] if zeroed else None
    return GamePoint.of(
        at_zero(critic, real[:2]) if zeroed else critic,
        generator,
        real=real,
        latent=generator.draw_latent(batch_size, rng),
        sample=PenaltySample(points=real),
        loss=registry.build("loss", "wasserstein"),
        rho=20.0,
        parameters=[f"{layer}.weight", f"{layer}.bias"] if layer else None,
    )


def show(table: ModalTable) -> None:
    """One row a mode, then what it amounts to."""
    print(f"{'frequency':>10} {'q':>10} {'99 % interval':>23} {'zeta':>9} {'residual':>9}  verdict")
    for mode in table.modes:
        low, high = mode.interval
        print(
            f"{mode.frequency:10.3e} {mode.curvature:10.3e} [{low:10.3e}, {high:10.3e}] {mode.ratio:9.2e} "
            f"{mode.residual:9.1e}  {mode.verdict}"
        )
    print(
        f"tr Q {table.trace.value:.4g} +- {table.trace.standard_error:.2g}, threshold {table.threshold:.2e}, "
        f"best rho {table.best.rho:.4g} with rate {table.best.rate:.3g}"
    )
    print(
        f"largest step at rho {table.rho:g}: simultaneous {table.simultaneous.step:.3g}, "
        f"alternating {table.alternating.step:.3g}"
    )
    print(*table.notes, table.claim, sep="\n")


def main() -> None:
    """Print the table, seconds and the peak of resident memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--modes", type=int, default=10)
    parser.add_argument("--zeroed", action="store_true")
    arguments = parser.parse_args()
    start = time.perf_counter()

    def tell(stage: str, done: int, total: int | None) -> None:
        count = f"{done}/{total}" if total else str(done)
        print(f"{time.perf_counter() - start:6.0f} s  {stage}: {count}", file=sys.stderr)

    first, second = (game_point(arguments.batch_size, zeroed=arguments.zeroed, seed=seed) for seed in (1, 2))
    print(f"p {first.p:,}, q {first.q:,}, batch {arguments.batch_size}, {torch.get_num_threads()} threads")
    table = modal_table(first, k=arguments.modes, second=second, tell=tell)
    show(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # KiB on Linux
    print(f"{time.perf_counter() - start:.0f} s, peak memory {peak:.2f} GiB")


if __name__ == "__main__":
    main()

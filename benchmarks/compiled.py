"""The critic's objective compiled as one graph against the same without compilation, paired in one run on the CPU.

The step is forward passes, the penalty ``mid``, the backward pass and a fused Adam. The first steps' gradients are
compared, the time that compiling took is printed, and then steps alternate.

    python benchmarks/compiled.py [--pairs 20] [--critics mlp,dcgan]
"""

import argparse
import copy
import statistics
import time

import torch
from critic_step import RHO, Step, gradients_agree, step_of, time_pairs
from torch import Tensor, nn

import gpreg
from gpreg.interfaces import SampleSpec
from gpreg.penalties import CompiledObjective

CRITICS = {"mlp": ((2,), 256), "dcgan": ((3, 32, 32), 64)}
"""Shape of a sample, and batch size. The mlp is 512 wide."""


def compiled_or_plain(critic: nn.Module, real: Tensor, fake: Tensor, *, compiled: bool) -> Step:
    """A critic step."""
    loss = gpreg.load_registry().build("loss", "wasserstein")
    plain = gpreg.CriticObjective(loss, gpreg.penalty("mid", rho=RHO, check_values="first"))
    return step_of(CompiledObjective(plain) if compiled else plain, critic, real, fake)


def main() -> None:
    """Print one row a critic."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--critics", default=",".join(CRITICS))
    arguments = parser.parse_args()
    print(f"mid, {torch.get_num_threads()} threads, {arguments.pairs} pairs; medians, of the ratio too")
    print(f"{'critic':8} {'plain ms':>9} {'compiled ms':>12} {'speed-up':>9}  compiling s  gradients apart")
    for name in arguments.critics.split(","):
        torch.manual_seed(0)
        shape, n = CRITICS[name]
        options = {"width": 512} if name == "mlp" else None
        critic = gpreg.load_registry().build("architecture", name, options).critic(SampleSpec(shape=shape))
        twin = copy.deepcopy(critic)
        real, fake = torch.rand(2, n, *shape) * 2 - 1
        plain = compiled_or_plain(critic, real, fake, compiled=False)
        compiled = compiled_or_plain(twin, real, fake, compiled=True)
        start = time.perf_counter()
        apart = gradients_agree(critic, plain, compiled, twin)
        compiling = time.perf_counter() - start
        slow, fast = time_pairs(plain, compiled, arguments.pairs)
        ratio = statistics.median(a / b for a, b in zip(slow, fast, strict=True))
        print(
            f"{name:8} {1e3 * statistics.median(slow):9.1f} {1e3 * statistics.median(fast):12.1f} {ratio:8.2f}x "
            f"{compiling:12.0f}  {apart:.1e}"
        )


if __name__ == "__main__":
    main()

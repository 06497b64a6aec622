"""One critic step of the DCGAN critic in float32 and under bfloat16 autocast, paired in one run on the CPU.

It is the whole step: loss, the penalty ``mid`` with both its backward passes, and a fused Adam in float32. Parameters,
the penalty's reduction and the optimiser stay in float32. A CPU gains from it if it multiplies bfloat16 itself (AMX, or
AVX512-BF16); elsewhere it loses. Steps alternate, so that a drift of the machine's speed hits both alike.

    python benchmarks/precision.py [--batch-size 64] [--pairs 10] [--channels-last]
"""

import argparse
import copy
import statistics

import torch
from critic_step import RHO, Step, time_pairs
from torch import Tensor, nn

import gpreg
from gpreg.interfaces import SampleSpec
from gpreg.training.precision import Precision

TARGET = 1.4


def step_in(name: str, critic: nn.Module, real: Tensor, fake: Tensor) -> Step:
    """A critic step in this precision."""
    precision, optimiser = Precision(name, "cpu"), torch.optim.Adam(critic.parameters(), 1e-4, (0.5, 0.9), fused=True)
    loss = gpreg.load_registry().build("loss", "wasserstein")
    objective = gpreg.CriticObjective(loss, gpreg.penalty("mid", rho=RHO, check_values="first"))

    def step() -> Tensor:
        optimiser.zero_grad()
        with precision.autocast():
            terms = objective(critic, real, fake)
        precision.backward(terms.total, "critic")
        precision.step(optimiser, "critic")
        return terms.total.detach()

    return step


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--channels-last", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    architecture = gpreg.load_registry().build("architecture", "dcgan")
    critic = architecture.critic(SampleSpec(shape=(3, 32, 32), value_range=(-1.0, 1.0)))
    real, fake = torch.rand(2, arguments.batch_size, 3, 32, 32) * 2 - 1
    if arguments.channels_last:
        critic = critic.to(memory_format=torch.channels_last)
        real, fake = (batch.contiguous(memory_format=torch.channels_last) for batch in (real, fake))
    full, half = step_in("fp32", critic, real, fake), step_in("bf16", copy.deepcopy(critic), real, fake)
    first, second = full(), half()
    slow, fast = time_pairs(full, half, arguments.pairs)
    ratio = statistics.median(a / b for a, b in zip(slow, fast, strict=True))
    layout = "channels last" if arguments.channels_last else "contiguous"
    print(
        f"dcgan critic step, mid, batch {arguments.batch_size}, {layout}, {torch.get_num_threads()} threads, ", end=""
    )
    print(f"{arguments.pairs} pairs; medians, of the ratio too")
    print(f"fp32 {1e3 * statistics.median(slow):.0f} ms, bf16 {1e3 * statistics.median(fast):.0f} ms")
    print(f"{ratio:.2f}x (target {TARGET}x); first total {first:.4f} in fp32, {second:.4f} in bf16")


if __name__ == "__main__":
    main()

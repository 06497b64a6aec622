"""What CriticObjective costs beside a bare loop, and what one pass over both batches would save; paired, on the CPU.

    python benchmarks/objective.py [--pairs 300]

The bare loop is the critic's step written out by hand with the same shared forward pass, the same fused Adam and no
read-back, so that the ratio is the price of measures, forms and checks alone. It matters for tiny networks only.
"""

import argparse
import copy
import statistics

import torch
from critic_step import RHO, Step, gpreg_step, gradients_agree, time_pairs
from torch import Tensor, nn

import gpreg
from gpreg.interfaces import SampleSpec


def bare_step(measure: str, critic: nn.Module, real: Tensor, fake: Tensor) -> Step:
    """The step of ``mid`` or ``pd`` by hand."""
    optimiser = torch.optim.Adam(critic.parameters(), 1e-4, (0.5, 0.9), fused=True)

    def step() -> Tensor:
        optimiser.zero_grad()
        points = real.detach() if measure == "pd" else (real + fake) / 2
        points.requires_grad_()
        d_points, d_fake = critic(points), critic(fake)
        d_real = d_points if measure == "pd" else critic(real)
        (grad,) = torch.autograd.grad(d_points.sum(), points, create_graph=True)
        total: Tensor = (d_fake - d_real).mean() + 0.5 * RHO * grad.square().sum(1).mean()
        total.backward()
        optimiser.step()
        return total.detach()

    return step


def overhead(pairs: int) -> None:
    """One row a width and measure."""
    torch.set_num_threads(1)  # tiny networks run no faster on more
    print(f"{'mlp critic, batch 256':22} {'bare ms':>8} {'gpreg ms':>9} {'ratio':>7}  gradients apart")
    for width in (64, 512):
        torch.manual_seed(0)
        reference = gpreg.load_registry().build("architecture", "mlp", {"width": width}).critic(SampleSpec(shape=(2,)))
        real, fake = torch.randn(2, 256, 2)
        for measure in ("mid", "pd"):
            critic, twin = copy.deepcopy(reference), copy.deepcopy(reference)
            bare, ours = bare_step(measure, critic, real, fake), gpreg_step(measure, twin, real, fake)
            apart = gradients_agree(critic, bare, ours, twin)
            times = time_pairs(bare, ours, pairs)
            slow, fast = (1e3 * statistics.median(seconds) for seconds in times)
            ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
            print(f"{width:4} wide, {measure:10} {slow:8.3f} {fast:9.3f} {ratio:6.3f}x  {apart:.1e}")


def concatenation(pairs: int) -> None:
    """Two forward and backward passes of the DCGAN critic against one over both batches."""
    critic = gpreg.load_registry().build("architecture", "dcgan").critic(SampleSpec(shape=(3, 32, 32)))
    real, fake = torch.randn(2, 64, 3, 32, 32)

    def apart() -> None:
        (critic(fake).mean() - critic(real).mean()).backward()

    def together() -> None:
        outputs = critic(torch.cat([real, fake]))
        (outputs[64:].mean() - outputs[:64].mean()).backward()

    times = time_pairs(apart, together, pairs)
    two, one = (1e3 * statistics.median(seconds) for seconds in times)
    print(f"dcgan critic, batch 64: two passes {two:.1f} ms, one over both batches {one:.1f} ms")


def main() -> None:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=300)
    pairs = parser.parse_args().pairs
    concatenation(max(pairs // 30, 3))
    overhead(pairs)


if __name__ == "__main__":
    main()

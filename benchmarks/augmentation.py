"""What augmentations cost: a critic step with R1 of the DCGAN critic with and without each, paired on the CPU.

The step is loss, the penalty ``pd`` with both its backward passes, and a fused Adam. What an augmentation adds to it is
its forward pass on both batches and the two derivatives through it; its forward pass alone is timed too. Steps
alternate, so that a drift of the machine's speed hits both alike.

    python benchmarks/augmentation.py [--batch-size 64] [--size 32] [--pairs 15] [--names ada,noise]
"""

import argparse
import copy
import statistics
from typing import Any

import torch
from critic_step import RHO, Step, step_of, time_pairs
from torch import Tensor, nn

import gpreg
from gpreg.critics.augmented import AugmentedCritic
from gpreg.interfaces import Augmentation, SampleSpec

OPTIONS: dict[str, dict[str, Any]] = {"ada": {"p": 0.5}}


def prepared(name: str, spec: SampleSpec) -> Augmentation:
    """An augmentation for such samples."""
    augmentation: Augmentation = gpreg.load_registry().build("augmentation", name, OPTIONS.get(name, {}))
    augmentation.prepare(spec)
    return augmentation


def r1_step(seen: nn.Module, real: Tensor, fake: Tensor) -> Step:
    """A critic step with R1, in which the critic is seen so."""
    objective = gpreg.CriticObjective(gpreg.loss("non-saturating"), gpreg.penalty("pd", rho=RHO, check_values="first"))
    return step_of(objective, seen, real, fake)


def main() -> None:
    """Print one row an augmentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--names", default=",".join(spec.name for spec in gpreg.load_registry().list("augmentation")))
    arguments = parser.parse_args()
    torch.manual_seed(0)
    spec = SampleSpec(shape=(3, arguments.size, arguments.size), value_range=(-1.0, 1.0))
    reference = gpreg.load_registry().build("architecture", "dcgan").critic(spec)
    real, fake = torch.rand(2, arguments.batch_size, *spec.shape) * 2 - 1
    rng = torch.Generator().manual_seed(0)
    print(
        f"dcgan critic, {sum(p.numel() for p in reference.parameters()):,} parameters, "
        f"{arguments.batch_size} x {'x'.join(map(str, spec.shape))}, {torch.get_num_threads()} threads, "
        f"{arguments.pairs} pairs; medians in ms, of the ratio too"
    )
    print(f"{'':12} {'T alone':>8} {'R1 step':>8} {'with T':>8} {'ratio':>6}")
    for name in arguments.names.split(","):
        augmentation = prepared(name, spec)
        plain, augmented = copy.deepcopy(reference), copy.deepcopy(reference)
        step = r1_step(plain, real, fake)
        with_it = r1_step(AugmentedCritic(augmented, [augmentation], rng), real, fake)

        def alone(augmentation: Augmentation = augmentation) -> Tensor:
            return augmentation(real, rng)  # type: ignore[no-any-return]  # nn.Module's call has no type

        step(), with_it(), alone()
        once, _ = time_pairs(alone, step, arguments.pairs)
        without, full = time_pairs(step, with_it, arguments.pairs)
        ratio = statistics.median(b / a for a, b in zip(without, full, strict=True))
        median = [1e3 * statistics.median(seconds) for seconds in (once, without, full)]
        print(f"{name:12} {median[0]:8.1f} {median[1]:8.1f} {median[2]:8.1f} {ratio:5.2f}x")


if __name__ == "__main__":
    main()

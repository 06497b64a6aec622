"""One critic step of the DCGAN critic: gpreg against the plain way, paired in one run on the CPU.

The plain way is what a training loop usually does: one forward pass each for the real batch, the fake batch and the
penalty's points, an unfused Adam, and ``.item()`` on the losses in each step. gpreg reuses the forward pass where the
points are a batch, fuses Adam and reads nothing back. Both do the same arithmetic: the first step's gradients are
compared before anything is timed. Steps alternate, so that a drift of the machine's speed hits both alike.

    python benchmarks/critic_step.py [--batch-size 64] [--pairs 15] [--measures pd,pd+pg,...]
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

import gpreg
from gpreg.interfaces import SampleSpec
from gpreg.penalties.objective import ObjectiveTerms

TARGETS = {"pd": 1.2, "pd+pg": 1.25}
RHO = 20.0
Step = Callable[[], object]
Objective = Callable[[nn.Module, Tensor, Tensor], ObjectiveTerms]


def squared_norm(critic: nn.Module, points: Tensor) -> Tensor:
    """``E |grad D|^2`` in the plain way: a forward pass of its own."""
    points = points.detach().requires_grad_()
    (grad,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    return grad.flatten(1).square().sum(1).mean()


def one_centered(critic: nn.Module, points: Tensor) -> Tensor:
    """``E (|grad D| - 1)^2``, likewise."""
    points = points.detach().requires_grad_()
    (grad,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    norms: Tensor = torch.linalg.vector_norm(grad.flatten(1), dim=1)
    return (norms - 1).square().mean()


def jensen_shannon(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """``E_pd (1 - s)^2 |grad D|^2 + E_pg s^2 |grad D|^2``, likewise."""
    total = torch.zeros(())
    for batch, sign in ((real, -1), (fake, 1)):
        points = batch.detach().requires_grad_()
        outputs = critic(points)
        (grad,) = torch.autograd.grad(outputs.sum(), points, create_graph=True)
        total = total + ((sign * outputs).sigmoid().square() * grad.flatten(1).square().sum(1)).mean()
    return total


def segment(real: Tensor, fake: Tensor) -> Tensor:
    """Points on each chord, uniform."""
    a = torch.rand(len(real), 1, 1, 1)
    return a * real + (1 - a) * fake


PLAIN: dict[str, Callable[[nn.Module, Tensor, Tensor], Tensor]] = {
    "pd": lambda critic, real, fake: squared_norm(critic, real),
    "pg": lambda critic, real, fake: squared_norm(critic, fake),
    "pd+pg": lambda critic, real, fake: squared_norm(critic, real) + squared_norm(critic, fake),
    "mid": lambda critic, real, fake: squared_norm(critic, (real + fake) / 2),
    "js": jensen_shannon,
    "gp": lambda critic, real, fake: squared_norm(critic, segment(real, fake)),
    "wgan-gp": lambda critic, real, fake: one_centered(critic, segment(real, fake)),
}


def plain_step(measure: str, critic: nn.Module, real: Tensor, fake: Tensor) -> Step:
    """A critic step as it is usually written."""
    optimiser = torch.optim.Adam(critic.parameters(), 1e-4, (0.5, 0.9), foreach=False, fused=False)

    def step() -> float:
        optimiser.zero_grad()
        loss = critic(fake).mean() - critic(real).mean()
        penalty = 0.5 * RHO * PLAIN[measure](critic, real, fake)
        (loss + penalty).backward()
        optimiser.step()
        return float(loss + penalty)

    return step


def gpreg_step(measure: str, critic: nn.Module, real: Tensor, fake: Tensor) -> Step:
    """The same step through gpreg."""
    loss = gpreg.load_registry().build("loss", "wasserstein")
    objective = gpreg.CriticObjective(loss, gpreg.penalty(measure, rho=RHO, check_values="first"))
    return step_of(objective, critic, real, fake)


def step_of(objective: Objective, critic: nn.Module, real: Tensor, fake: Tensor) -> Step:
    """A step of a fused Adam on an objective."""
    optimiser = torch.optim.Adam(critic.parameters(), 1e-4, (0.5, 0.9), fused=True)

    def step() -> Tensor:
        optimiser.zero_grad()
        terms = objective(critic, real, fake)
        terms.total.backward()
        optimiser.step()
        return terms.total.detach()

    return step


def gradients_agree(critic: nn.Module, plain: Step, ours: Step, twin: nn.Module) -> float:
    """Relative distance of the first step's gradients."""
    plain(), ours()
    first, second = (torch.cat([_gradient(p) for p in network.parameters()]) for network in (critic, twin))
    return float(torch.linalg.vector_norm(first - second) / torch.linalg.vector_norm(first))


def _gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad.flatten()


def time_pairs(plain: Step, ours: Step, pairs: int) -> tuple[list[float], list[float]]:
    """Seconds of each, step by step in turn, the order alternating."""
    seconds: dict[Step, list[float]] = {plain: [], ours: []}
    for pair in range(pairs):
        for step in (plain, ours) if pair % 2 else (ours, plain):
            start = time.perf_counter()
            step()
            seconds[step].append(time.perf_counter() - start)
    return seconds[plain], seconds[ours]


def main() -> None:
    """Print one row a measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--measures", default=",".join(PLAIN))
    arguments = parser.parse_args()
    torch.manual_seed(0)
    architecture = gpreg.load_registry().build("architecture", "dcgan")
    reference = architecture.critic(SampleSpec(shape=(3, 32, 32), value_range=(-1.0, 1.0)))
    real, fake = torch.rand(2, arguments.batch_size, 3, 32, 32) * 2 - 1
    print(
        f"dcgan critic, {sum(p.numel() for p in reference.parameters()):,} parameters, batch {arguments.batch_size}, ",
        end="",
    )
    print(f"{torch.get_num_threads()} threads, {arguments.pairs} pairs; medians, of the ratio too")
    print(f"{'measure':8} {'plain ms':>9} {'gpreg ms':>9} {'speed-up':>9} {'target':>7}  gradients apart")
    for measure in arguments.measures.split(","):
        critic, twin = copy.deepcopy(reference), copy.deepcopy(reference)
        plain, ours = plain_step(measure, critic, real, fake), gpreg_step(measure, twin, real, fake)
        apart = gradients_agree(critic, plain, ours, twin)
        slow, fast = time_pairs(plain, ours, arguments.pairs)
        ratio = statistics.median(a / b for a, b in zip(slow, fast, strict=True))
        print(
            f"{measure:8} {1e3 * statistics.median(slow):9.1f} {1e3 * statistics.median(fast):9.1f} {ratio:8.2f}x "
            f"{TARGETS.get(measure, 1.0):6.2f}x  {apart:.1e}" + (" (random points differ)" if "gp" in measure else "")
        )


if __name__ == "__main__":
    main()

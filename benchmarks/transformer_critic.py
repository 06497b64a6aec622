"""A critic step of a transformer by each estimator, paired in one run on the CPU, and how far each is from exact.

The step without a penalty is the loss's two forward passes, their backward pass and Adam. Each other step is timed in
turn with it, and with central differences, so that a drift of the machine's speed hits both alike. Attention is
``nn.MultiheadAttention``'s fused one, except for the exact gradient, which needs attention step by step.

The second table is about an estimator's error: the relative distance of a parameter gradient from the exact one, as its
root mean square over draws, for the batch, and the part of it that is bias.

    python benchmarks/transformer_critic.py [--batch-size 32] [--pairs 9] [--draws 200]
"""

import argparse
import copy
import statistics
from collections.abc import Mapping

import torch
from critic_step import Step, time_pairs
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

import gpreg
from gpreg.penalties import Estimator, Exact, FiniteDifference, Noise

TARGETS = {"noise": (1.6, 0.75)}
"""At most so many times the step without a penalty, and the step with central differences."""

ESTIMATORS: Mapping[str, Estimator] = {
    "exact": Exact(),
    "finite-difference": FiniteDifference(),
    "1 random direction": FiniteDifference(directions=1),
    "noise": Noise(sigma=0.01),
    "noise, 2 directions": Noise(sigma=0.01, directions=2),
    "noise, 4 directions": Noise(sigma=0.01, directions=4),
}


class Transformer(nn.Module):
    """A critic of 32 x 32 images in patches of 4: ``(B, 3, 32, 32) -> (B, 1)``."""

    def __init__(self, width: int = 128, layers: int = 4) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.position = nn.Parameter(0.02 * torch.randn(1, 64, width))
        self.layers = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    width, 4, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
                )
                for _ in range(layers)
            )
        )
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """One number an image."""
        tokens = self.patches(x).flatten(2).transpose(1, 2) + self.position
        output: Tensor = self.head(self.layers(tokens).mean(1))
        return output


def step_of(estimator: Estimator | None, critic: nn.Module, real: Tensor, fake: Tensor) -> Step:
    """A critic step with R1 by an estimator; without a penalty if there is none."""
    optimiser = torch.optim.Adam(critic.parameters(), 1e-4, (0.5, 0.9), fused=True)
    loss = gpreg.loss("non-saturating")
    penalty = gpreg.penalty("pd", rho=1.0, estimator=estimator or "exact", check_values="first", seed=0)
    objective = gpreg.CriticObjective(loss, penalty)
    backends = [SDPBackend.MATH] if isinstance(estimator, Exact) else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]

    def step() -> None:
        optimiser.zero_grad()
        with sdpa_kernel(backends):
            if estimator is None:
                total = loss.critic_loss(critic(real).flatten(), critic(fake).flatten()).mean()
            else:
                total = objective(critic, real, fake).total
            total.backward()
        optimiser.step()

    return step


def times(reference: nn.Module, real: Tensor, fake: Tensor, pairs: int) -> None:
    """One row an estimator."""
    print(f"{'estimator':20} {'ms':>8} {'x none':>8} {'target':>7} {'x central':>10} {'target':>7}")
    for name, estimator in ESTIMATORS.items():
        ratios, milliseconds = [], 0.0
        for other in (None, FiniteDifference()):
            first, second = (step_of(each, copy.deepcopy(reference), real, fake) for each in (other, estimator))
            first(), second()
            base, ours = time_pairs(first, second, pairs)
            ratios.append(statistics.median(b / a for a, b in zip(base, ours, strict=True)))
            milliseconds = 1e3 * statistics.median(ours)
        targets = [f"{target:.2f}x" for target in TARGETS.get(name, ())] or ["", ""]
        print(f"{name:20} {milliseconds:8.1f} {ratios[0]:7.2f}x {targets[0]:>7} {ratios[1]:9.2f}x {targets[1]:>7}")


def gradients(estimator: Estimator, critic: nn.Module, real: Tensor, draws: int) -> Tensor:
    """Parameter gradients of the penalty, ``(draws, parameters)``."""
    penalty, rows = gpreg.penalty("pd", rho=1.0, estimator=estimator, seed=0), []
    parameters = list(critic.parameters())
    for _ in range(draws):
        with sdpa_kernel(SDPBackend.MATH):
            parts = torch.autograd.grad(penalty(critic, real), parameters, allow_unused=True, materialize_grads=True)
        rows.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(rows)


def errors(reference: nn.Module, real: Tensor, draws: int) -> None:
    """One row an estimator; the bias is estimated with as many draws, so that its square has the variance taken off."""
    (exact,) = gradients(Exact(), reference, real, 1)
    print(f"{'estimator':20} {'error':>8} {'bias':>8}")
    for name, estimator in ESTIMATORS.items():
        if name == "exact":
            continue
        n = draws if isinstance(estimator, Noise) or estimator.derivatives == 0 else 1
        apart = (gradients(estimator, reference, real, n) - exact) / exact.norm()
        square, mean = apart.square().sum(1).mean(), apart.mean(0).square().sum()
        bias = mean if n == 1 else ((n * mean - square) / (n - 1)).clamp_min(0)
        print(f"{name:20} {square.sqrt().item():8.3f} {bias.sqrt().item():8.3f}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--draws", type=int, default=200)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    reference = Transformer()
    real, fake = torch.rand(2, arguments.batch_size, 3, 32, 32) * 2 - 1
    count = sum(p.numel() for p in reference.parameters())
    print(f"transformer critic, {count:,} parameters, batch {arguments.batch_size}, ", end="")
    print(f"{torch.get_num_threads()} threads, {arguments.pairs} pairs; medians, of the ratios too")
    times(reference, real, fake, arguments.pairs)
    small = Transformer(width=32, layers=2)
    print(f"\nparameter gradient against exact, width 32, 2 layers, batch 16, {arguments.draws} draws")
    errors(small, real[:16], arguments.draws)


if __name__ == "__main__":
    main()

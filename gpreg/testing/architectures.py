"""Checks that every architecture must pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg.runs.adoption import adopted
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks

BATCH = 4


@dataclass(frozen=True)
class ArchitectureCase(Case):
    """A registered architecture, for samples of one shape. Small options keep the checks fast.

    Args:
        name: name of the architecture.
        options: its options.
        shape: shape of one sample.
        classes: number of labels; ``None`` for an unconditional model.
    """

    kind = "architecture"
    shape: tuple[int, ...] = (2,)
    classes: int | None = None

    def __str__(self) -> str:
        return f"{self.name}-{'x'.join(map(str, self.shape))}{'-labels' * (self.classes is not None)}"

    def networks(self, seed: int = 0) -> tuple[Architecture, Generator, nn.Module]:
        """The architecture with its two networks, equal in each call with the same seed.

        Parameters are moved away from their initial values, whose symmetries (zero biases, the same scale for all
        classes) could hide mistakes.
        """
        architecture: Architecture = self.build()
        spec = SampleSpec(shape=self.shape, value_range=architecture.value_range, classes=self.classes)
        with torch.random.fork_rng([]), torch.no_grad():
            torch.manual_seed(seed)
            generator, critic = adopted(architecture, spec, owner=f"architecture {self.name!r}")
            for parameter in (*generator.parameters(), *critic.parameters()):
                parameter.add_(0.02 * torch.randn_like(parameter))
        return architecture, generator, critic

    def samples(self) -> Tensor:
        """``(B, *x)`` in float32."""
        return torch.randn(BATCH, *self.shape, generator=torch.Generator().manual_seed(1))

    def labels(self) -> tuple[Tensor, ...]:
        """``(labels,)``, or nothing for an unconditional model."""
        return () if self.classes is None else (torch.arange(BATCH) % self.classes,)


def generates_samples(case: ArchitectureCase) -> None:
    """Codes ``(B, z)`` become samples ``(B, *x)`` in float32, within the range that the architecture states."""
    architecture, generator, _ = case.networks()
    codes = generator.draw_latent(BATCH, torch.Generator().manual_seed(2))
    again = generator.draw_latent(BATCH, torch.Generator().manual_seed(2))
    expect(codes.shape == (BATCH, generator.latent_dim), f"draws codes of shape {tuple(codes.shape)}")
    expect(torch.equal(codes, again), "draws other codes from the same random state")
    samples = generator(100 * codes, *case.labels())  # large codes reach the ends of the range
    expect(samples.shape == (BATCH, *case.shape), f"generates {tuple(samples.shape)}, not {(BATCH, *case.shape)}")
    expect(samples.dtype == torch.float32, f"generates {samples.dtype}")
    if architecture.value_range is not None:
        low, high = architecture.value_range
        inside = bool((samples >= low).all() and (samples <= high).all())
        expect(inside, f"leaves its range ({low:g}, {high:g})")


def judges_each_sample_with_one_number(case: ArchitectureCase) -> None:
    """The critic's outputs are ``(B,)``, or ``(B, 1)`` and the like."""
    _, _, critic = case.networks()
    outputs = critic(case.samples(), *case.labels())
    one_each = outputs.shape[:1] == (BATCH,) and outputs.numel() == BATCH
    expect(one_each, f"judges with {tuple(outputs.shape)}, not ({BATCH},)")


def judges_samples_one_by_one(case: ArchitectureCase) -> None:
    """The critic's output on a sample has a gradient by that sample, and none by the others.

    In a very narrow ReLU network all units may be inactive on the whole batch; it is then reported to ignore its input.
    """
    _, _, critic = case.networks()
    x = case.samples().requires_grad_()
    outputs = critic(x, *case.labels())
    grads = [torch.autograd.grad(output.sum(), x, retain_graph=True)[0] for output in outputs]
    each = torch.stack([grad[i] for i, grad in enumerate(grads)])
    expect(bool(each.any()), "ignores its input")
    expect(bool((torch.stack(grads).sum(0) == each).all()), "couples the samples of a batch")


def can_be_penalised(case: ArchitectureCase) -> None:
    """The squared gradient can be differentiated again, with finite gradients."""
    _, _, critic = case.networks()
    x = case.samples().requires_grad_()
    (grad,) = torch.autograd.grad(critic(x, *case.labels()).sum(), x, create_graph=True)
    torch.autograd.backward(grad.square().sum())
    reached = [parameter.grad for parameter in critic.parameters() if parameter.grad is not None]
    expect(reached, "its gradient does not depend on its parameters")
    expect(all(bool(grad.isfinite().all()) for grad in reached), "its penalty has a gradient that is not finite")


def heeds_labels(case: ArchitectureCase) -> None:
    """With classes, other labels give other samples and other outputs of the critic."""
    _, generator, critic = case.networks()
    if case.classes is None:
        return
    (labels,) = case.labels()
    others = (labels + 1) % case.classes
    codes, x = generator.draw_latent(BATCH, torch.Generator().manual_seed(2)), case.samples()
    expect(not torch.equal(generator(codes, labels), generator(codes, others)), "its generator ignores labels")
    expect(not torch.equal(critic(x, labels), critic(x, others)), "its critic ignores labels")


def is_determined_by_the_seed(case: ArchitectureCase) -> None:
    """Weights follow from torch's global random state, and after that no random number is drawn in evaluation mode."""
    _, generator, critic = case.networks()
    for first, second in zip((generator, critic), case.networks()[1:], strict=True):
        weights = second.state_dict()
        same = all(torch.equal(tensor, weights[name]) for name, tensor in first.state_dict().items())
        expect(same, "has other weights when it is built again from the same seed")
    codes = generator.draw_latent(BATCH, torch.Generator().manual_seed(2))
    with global_randomness(3), torch.no_grad():
        generator.eval()(codes, *case.labels())
        critic.eval()(case.samples(), *case.labels())


def comes_back_from_a_checkpoint(case: ArchitectureCase) -> None:
    """Networks built from another seed compute the same, bit for bit, once they have loaded the state."""
    _, generator, critic = case.networks()
    _, twin, judge = case.networks(seed=7)
    codes = generator.draw_latent(BATCH, torch.Generator().manual_seed(2))
    for first, second, given in ((generator, twin, codes), (critic, judge, case.samples())):
        second.load_state_dict(first.state_dict())
        with torch.no_grad():
            outputs = [network.eval()(given, *case.labels()) for network in (first, second)]
        expect(torch.equal(*outputs), "has a state that a checkpoint of its networks does not contain")


ARCHITECTURE_CHECKS = (
    generates_samples,
    judges_each_sample_with_one_number,
    judges_samples_one_by_one,
    can_be_penalised,
    heeds_labels,
    is_determined_by_the_seed,
    comes_back_from_a_checkpoint,
)


def architecture_checks(
    name: str, options: Mapping[str, Any] | None = None, *, shape: tuple[int, ...], classes: int | None = None
) -> list[Check]:
    """Every check of a registered architecture, for samples of one shape.

    >>> for check in architecture_checks("mlp", {"width": 8}, shape=(2,)):
    ...     check()
    >>> print(check)
    mlp-2-comes_back_from_a_checkpoint
    """
    case = ArchitectureCase(name, options or {}, shape, classes)
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in ARCHITECTURE_CHECKS]

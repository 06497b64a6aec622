"""Check and detach what a training step passes to the penalty."""

from collections.abc import Set
from typing import Any, TypedDict

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import PenaltyBatch


class Material(TypedDict, total=False):
    """What a step may pass besides critic, real and fake batch; only some measures need it.

    Keys:
        latent: ``(B, z)``, the codes of the fake batch.
        labels: ``(B,)`` of int64, the classes of the real batch, for a conditional critic.
        fake_labels: ``(B,)``, the classes that the fake batch was generated for, if they differ from ``labels``.
        condition: anything else that a conditional critic takes as its second argument: a nest of tensors with the
            batch first, of the real batch, and of the fake one unless ``fake_condition`` is given. It is detached.
        fake_condition: the condition of the fake batch.
        generator: ``(B, z) [, (B,)] -> (B, *x)``.
        rng: random generator on the samples' device; by default the penalty's.
    """

    latent: Tensor | None
    labels: Tensor | None
    fake_labels: Tensor | None
    condition: Any
    fake_condition: Any
    generator: Any
    rng: torch.Generator | None


def assemble(
    critic: Any,
    real: Tensor | None,
    fake: Tensor | None,
    material: Material,
    *,
    rng: torch.Generator,
    needs: Set[str],
    origin: str,
) -> PenaltyBatch:
    """The batch that a measure sees.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)``.
        real, fake: ``(B, *x)``; converted to the wider of their dtypes, because under autocast a generator's output
            may be in half precision while data are not.
        material: what else the step passes.
        rng: the random generator to use if ``material`` has none.
        needs: the fields that the measure needs.
        origin: measure and package, for errors.

    Raises:
        UsageError: something is missing or does not fit.
    """
    latent, generator = material.get("latent"), material.get("generator")
    given = {"real": real, "fake": fake, "latent": latent, "critic": critic, "generator": generator}
    missing = [need for need in needs if given[need] is None]
    if missing:
        raise UsageError(
            f"measure {origin} needs {', '.join(sorted(missing))}",
            remedy=f"pass {', '.join(f'{name}=...' for name in sorted(missing))} to the penalty",
        )
    if real is not None and fake is not None:
        if real.shape != fake.shape and real.shape[1:] != fake.shape[1:]:
            raise UsageError(
                f"real samples have shape {tuple(real.shape[1:])} and fake ones {tuple(fake.shape[1:])}; "
                "they must be alike"
            )
        if real.dtype != fake.dtype:
            dtype = torch.promote_types(real.dtype, fake.dtype)
            real, fake = real.to(dtype), fake.to(dtype)
    for name, labels, samples in (
        ("labels", material.get("labels"), fake if real is None else real),
        ("fake_labels", material.get("fake_labels"), fake),
    ):
        if labels is not None and samples is not None and len(labels) != len(samples):
            raise UsageError(f"{name} has {len(labels)} rows, and the batch {len(samples)}; each sample has one label")
    return PenaltyBatch(
        real=None if real is None else real.detach(),
        fake=None if fake is None else fake.detach(),
        latent=None if latent is None else latent.detach(),
        labels=material.get("labels"),
        fake_labels=material.get("fake_labels"),
        critic=critic,
        generator=generator,
        rng=rng,
    )


def first_of(real: Tensor | None, fake: Tensor | None) -> Tensor:
    """The real batch, or the fake one if there is no real one.

    Raises:
        UsageError: neither is given, or one is no tensor.
    """
    for name, samples in (("real", real), ("fake", fake)):
        if samples is not None and not isinstance(samples, Tensor):
            raise UsageError(f"{name} is a {type(samples).__name__}; it must be a tensor (B, *x)")
        if samples is not None and not samples.is_floating_point():
            raise UsageError(
                f"{name} samples are {samples.dtype}; they must be floats, as the generator makes them",
                remedy=f"scale them to its range, as in {name} / 127.5 - 1 for images in -1 to 1",
            )
    samples = fake if real is None else real
    if samples is None:
        raise UsageError("no samples were given", remedy="call penalty(critic, real, fake)")
    return samples

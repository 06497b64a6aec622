"""Whether two evaluations of one objective agree, in total and in the gradient by each of the critic's parameters."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyBatch, PenaltySample
from gpreg.penalties.critics import preserved_buffers
from gpreg.penalties.objective import CriticObjective, ObjectiveTerms

TOLERANCES = {torch.bfloat16: 0.05, torch.float16: 0.01}
"""Relative distances that are still agreement, by the dtype that the critic computes in: fusing operations saves the
rounding between them, so that half precision agrees to its own precision only."""

TENSOR_FLOAT32 = 0.01
"""The tolerance where float32 products are rounded to TF32 first."""

FLOAT32 = 1e-5
"""The tolerance in float32 and better."""

SHARE, LEAST = 0.1, 0.1
"""A distance is relative to the tensor's norm, or to this share of the whole gradient's norm or to this number where
these are larger: the gradient of an output bias, 1 - 1 for the Wasserstein loss, is nothing but roundoff."""


ROUNDOFF, NUDGES, MARGIN, MOST = 8, 4, 4, 0.05
"""Where a critic has kinks (ReLU), an activation within roundoff of one falls on either side, and its whole gradient
jumps: for a DCGAN critic by 1e-3. So that an evaluation is not blamed for it, tensors further apart than the tolerance
are also compared with how far the expected ones move when the samples move by so many machine epsilons, in so many
directions; they may be this many times as far apart, but no further than the last number."""


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """An objective, and its gradient by each of the critic's parameters, by name."""

    terms: ObjectiveTerms
    gradients: dict[str, Tensor]

    @property
    def finite(self) -> bool:
        """Whether there is no NaN or infinity in it. Makes the device wait."""
        return all(bool(tensor.isfinite().all()) for tensor in (self.terms.total, *self.gradients.values()))


def differentiated(objective: Callable[[], ObjectiveTerms], critic: Any) -> Evaluated:
    """Evaluate and differentiate, leaving the critic's gradients, its buffers and torch's random state as they were."""
    named = dict(critic.named_parameters()) if isinstance(critic, nn.Module) else {}
    parameters = {name: parameter for name, parameter in named.items() if parameter.requires_grad}
    cuda = list({p.device for p in parameters.values() if p.device.type == "cuda"})
    with torch.enable_grad(), torch.random.fork_rng(cuda), preserved_buffers(critic):
        terms = objective()
        gradients = (
            torch.autograd.grad(terms.total, list(parameters.values()), allow_unused=True, materialize_grads=True)
            if parameters
            else ()
        )
    return Evaluated(terms=terms, gradients=dict(zip(parameters, gradients, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The tensor that two evaluations agree on least.

    Attributes:
        tensor: its name.
        distance: relative, of the two; infinite where one is NaN.
        values: of a scalar, or the norms; of the first and the second evaluation.
    """

    tensor: str
    distance: float
    values: tuple[float, float]

    def __str__(self) -> str:
        first, second = self.values
        return f"{self.tensor} is {first:.9g} against {second:.9g}, {self.distance:.1e} apart"


def largest_difference(got: Evaluated, expected: Evaluated) -> Difference:
    """The tensor furthest apart. Makes the device wait."""
    terms = expected.terms
    size = sum(part.detach().abs().mean().item() for part in (terms.loss, terms.penalty, terms.d_real, terms.d_fake))
    pairs = {"the total": (got.terms.total.detach(), terms.total.detach(), size)}
    norms = [gradient.norm() for gradient in expected.gradients.values()]
    share = SHARE * torch.stack(norms).norm().item() if norms else 0.0
    for name, gradient in expected.gradients.items():
        pairs[f"the gradient of {name!r}"] = got.gradients[name], gradient, max(gradient.norm().item(), share)
    differences = []
    for name, (a, b, reference) in pairs.items():
        distance = ((a - b).norm() / max(reference, LEAST)).nan_to_num(nan=torch.inf).item()
        values = (a.norm().item(), b.norm().item()) if a.ndim else (a.item(), b.item())
        differences.append(Difference(tensor=name, distance=distance, values=values))
    return max(differences, key=lambda difference: difference.distance)


def tolerance(evaluated: Evaluated) -> float:
    """What :attr:`Difference.distance` may be, by what the evaluation is computed in."""
    kind = evaluated.terms.total.device.type
    dtypes = {gradient.dtype for gradient in evaluated.gradients.values()}
    if torch.is_autocast_enabled(kind):
        dtypes.add(torch.get_autocast_dtype(kind))
    rounded = torch.get_float32_matmul_precision() != "highest" or torch.backends.cudnn.allow_tf32
    full = TENSOR_FLOAT32 if kind == "cuda" and rounded else FLOAT32
    return max((TOLERANCES.get(dtype, full) for dtype in dtypes), default=full)


def tolerance_at_kinks(objective: CriticObjective, batch: PenaltyBatch, sample: PenaltySample | None) -> float:
    """What it may be where roundoff alone moves the gradient further; see :data:`ROUNDOFF`."""
    expected = differentiated(lambda: objective.evaluate(batch, sample), batch.critic)
    rng = torch.Generator(batch.real.device).manual_seed(0)  # of its own: a run's random numbers must not depend on it

    def nudged(samples: Tensor) -> Tensor:
        size = ROUNDOFF * torch.finfo(samples.dtype).eps * samples.abs().max()
        noise = torch.randn(samples.shape, generator=rng, device=samples.device, dtype=samples.dtype)
        return samples + size * noise

    furthest = 0.0
    for _ in range(NUDGES):
        near = replace(batch, real=nudged(batch.real), fake=nudged(batch.fake))
        points = None if sample is None else replace(sample, points=nudged(sample.points))
        moved = differentiated(partial(objective.evaluate, near, points), batch.critic)
        furthest = max(furthest, largest_difference(moved, expected).distance)
    return min(MARGIN * furthest, MOST)

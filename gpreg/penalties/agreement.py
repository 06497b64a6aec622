"""Compare two evaluations of one objective, in value and in the gradient by each of the critic's parameters."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.critics.adapted import underlying
from gpreg.critics.calls import preserved_buffers
from gpreg.interfaces import PenaltyBatch, PenaltySample
from gpreg.penalties.objective import CriticObjective, ObjectiveTerms

TOLERANCES = {torch.bfloat16: 0.05, torch.float16: 0.01}
"""The relative distance that is still accepted, by the dtype that the critic computes in. Fused operations do not round
in between, so that in half precision two evaluations agree only to half precision."""

TENSOR_FLOAT32 = 0.01
"""The tolerance in float32 if matrix products are rounded to TF32."""

FLOAT32 = 1e-5
"""The tolerance in float32 and better."""

SHARE, LEAST = 0.1, 0.1
"""Distances are relative to the largest of three numbers: the tensor's norm, ``SHARE`` times the norm of the whole
gradient, and ``LEAST``. A tensor may consist of roundoff only, such as the gradient of an output bias with the
Wasserstein loss, which is 1 - 1."""


ROUNDOFF, NUDGES, MARGIN, MOST = 8, 4, 4, 0.05
"""How much larger the tolerance is at kinks. Near a kink of a ReLU roundoff decides on which side an activation falls,
and the gradient jumps (by 1e-3 for a DCGAN critic). So if tensors differ by more than the tolerance, the samples are
moved by ``ROUNDOFF`` machine epsilons in ``NUDGES`` random directions; accepted is then a distance of ``MARGIN`` times
the largest change that this makes in the expected tensors, but at most ``MOST``."""


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """The value of an objective, and its gradient by each of the critic's parameters, by name."""

    terms: ObjectiveTerms
    gradients: dict[str, Tensor]

    @property
    def finite(self) -> bool:
        """Whether value and gradient are free of NaN and infinity. Synchronises with the device."""
        return all(bool(tensor.isfinite().all()) for tensor in (self.terms.total, *self.gradients.values()))


def differentiated(objective: Callable[[], ObjectiveTerms], critic: Any) -> Evaluated:
    """Evaluate and differentiate, leaving the critic's gradients, its buffers and torch's random state as they were."""
    own = underlying(critic)
    named = dict(own.named_parameters()) if isinstance(own, nn.Module) else {}
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
        tensor: name of the tensor.
        distance: relative distance of the two evaluations; infinite if one is NaN.
        values: the two values of a scalar, or the two norms of a tensor.
    """

    tensor: str
    distance: float
    values: tuple[float, float]

    def __str__(self) -> str:
        first, second = self.values
        return f"{self.tensor} is {first:.9g} against {second:.9g}, {self.distance:.1e} apart"


def largest_difference(got: Evaluated, expected: Evaluated) -> Difference:
    """The tensor on which two evaluations differ most. Synchronises with the device."""
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
    """The largest :attr:`Difference.distance` that is accepted, by the precision of the evaluation."""
    kind = evaluated.terms.total.device.type
    dtypes = {gradient.dtype for gradient in evaluated.gradients.values()}
    if torch.is_autocast_enabled(kind):
        dtypes.add(torch.get_autocast_dtype(kind))
    rounded = torch.get_float32_matmul_precision() != "highest" or torch.backends.cudnn.allow_tf32
    full = TENSOR_FLOAT32 if kind == "cuda" and rounded else FLOAT32
    return max((TOLERANCES.get(dtype, full) for dtype in dtypes), default=full)


def tolerance_at_kinks(objective: CriticObjective, batch: PenaltyBatch, sample: PenaltySample | None) -> float:
    """The largest distance that is accepted if roundoff may move activations over kinks; see :data:`ROUNDOFF`."""
    expected = differentiated(lambda: objective.evaluate(batch, sample), batch.critic)
    rng = torch.Generator(batch.real.device).manual_seed(0)  # a new one: a comparison must not change the run's numbers

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

"""Critics that are constant everywhere by their structure, for which assumptions 1, 3 and 6c need no statistics."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyBatch
from gpreg_theory.networks.equilibrium import NoConstruction, last_linear


def constant_by_structure(critic: Any, batch: PenaltyBatch) -> str | None:
    """Why D is constant everywhere by its structure, in words; ``None`` if it is not.

    Either the critic's last layer is linear with a weight of zero, so that D is its bias. That D is the output of this
    layer, with no path around it, is tried out on samples and on random inputs. Or D is linear in its parameters, and
    these are all zero; linearity is tried out with random parameters.
    """
    if not isinstance(critic, nn.Module):
        return None
    points, labels = batch.real[:16], None if batch.labels is None else batch.labels[:16]
    try:
        name, layer = last_linear(critic, points, labels)
    except NoConstruction:
        linear = linear_at_zero(critic, points, labels)
        return "the critic is linear in its parameters, which are all zero" if linear else None
    if layer.weight.count_nonzero():
        return None
    return f"the critic's last layer {(name or type(layer).__name__)!r} is zero"


def linear_at_zero(critic: nn.Module, points: Tensor, labels: Tensor | None = None) -> bool:
    """Whether all parameters are zero and ``D(x; a psi + b phi) = a D(x; psi) + b D(x; phi)``, so that D = 0.

    It is tried out in float64 with random parameters, at the points ``(B, *x)`` and at random ones.
    """
    own = {name: parameter.detach() for name, parameter in critic.named_parameters()}
    if not own or any(bool(parameter.count_nonzero()) for parameter in own.values()):
        return False
    double, rng = copy.deepcopy(critic).double().eval(), torch.Generator().manual_seed(0)

    def drawn(shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=rng, dtype=torch.float64).to(points.device)

    psi, phi = ({name: drawn(parameter.shape) for name, parameter in own.items()} for _ in range(2))
    both = {name: 2 * psi[name] - 3 * phi[name] for name in own}

    def outputs(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        given = (x,) if labels is None else (x, labels)
        value: Tensor = torch.func.functional_call(double, parameters, given)
        return value.reshape(len(x))

    with torch.no_grad(), torch.random.fork_rng([]):
        for x in (points.double(), drawn(points.shape)):
            one, other, sum_ = outputs(psi, x), outputs(phi, x), outputs(both, x)
            if not torch.allclose(sum_, 2 * one - 3 * other, rtol=1e-9, atol=1e-9 * float(one.abs().max())):
                return False
    return True

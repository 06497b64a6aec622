"""The discriminative normalised linear layer of slicing adversarial networks."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization

from gpreg.critics.calls import evaluating, preserved_buffers
from gpreg.errors import UsageError
from gpreg.interfaces import Constraint, SampleSpec, Term, TermBatch
from gpreg_constraints.layers import layers
from gpreg_constraints.options import SANOptions


class SAN(Constraint):
    """``D(x) = <w / |w|, h(x)>``: features h and direction w of the critic's last layer are trained apart.

    Takida et al. (2024), section 5: with ``[.]`` for what is held fixed, the critic minimises
    ``L(<[w / |w|], h>) + weight (E <w / |w|, [h(x_g)]> - E <w / |w|, [h(x_d)]>)``, where L is its loss, so that h is
    trained by the loss, and the direction by the Wasserstein one, whatever the loss. The penalty belongs to L: it does
    not move the direction. The layer's bias is trained by the loss.
    """

    def __init__(self, options: SANOptions) -> None:
        super().__init__()
        self._weight = options.weight

    @property
    def terms(self) -> Mapping[str, Term]:
        """What trains the direction."""
        return {"san_direction": Direction(self._weight)}

    def attach(self, network: nn.Module) -> None:
        """Normalise the last layer and hold it fixed, which must be linear with one output."""
        name, last = [*layers(network, nonzero=True).items()][-1]
        if not (isinstance(last, nn.Linear) and last.out_features == 1):
            raise UsageError(
                f"the last layer {name!r} is not linear with one output",
                remedy="end the critic in nn.Linear(width, 1); if it has one for each class, add --unconditional",
            )
        register_parametrization(last, "weight", FixedDirection())


class FixedDirection(nn.Module):
    """``w -> w / |w|``, without a gradient by w."""

    def forward(self, weight: Tensor) -> Tensor:
        """The direction of the only row."""
        return normalize(weight.detach())


class Direction(Term):
    """``weight (E <w / |w|, h(x_g)> - E <w / |w|, h(x_d)>)`` with a gradient by w alone.

    The features take a forward pass of the critic for each batch, without a graph.

    Args:
        weight: its coefficient.
    """

    def __init__(self, weight: float) -> None:
        super().__init__()
        self._weight = weight

    def prepare(self, critic: nn.Module, generator: nn.Module, spec: SampleSpec) -> None:
        """Refuse a critic whose output is not that of the layer."""
        if spec.classes is not None:
            raise UsageError("is for critics without labels", remedy="add --unconditional")
        x = torch.linspace(-1, 1, 2 * torch.Size(spec.shape).numel()).view(2, *spec.shape).to(_last(critic).weight)
        with torch.no_grad(), evaluating(critic), preserved_buffers(critic):
            features, outputs = _run(critic, x)
            own = nn.functional.linear(features, _last(critic).weight, _last(critic).bias)
        if own.numel() != len(x) or not torch.allclose(own.flatten(), outputs.flatten(), rtol=1e-4, atol=1e-5):
            raise UsageError(
                "the critic's output is not that of its last layer: something is added to it or it is transformed",
                remedy="use a critic that ends in nn.Linear(width, 1) and returns its output",
            )

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, in float32 or better."""
        with torch.no_grad():
            real, fake = (_run(batch.critic, x)[0].mean(0) for x in (batch.real, batch.fake))
        weight = cast(Any, _last(batch.critic)).parametrizations.weight.original
        return self._weight * ((fake - real) * normalize(weight)[0]).sum()


def _last(critic: nn.Module) -> nn.Linear:
    """The layer whose direction is held fixed."""
    return next(
        module
        for module in critic.modules()
        if isinstance(module, nn.Linear) and any(isinstance(part, FixedDirection) for part in module.modules())
    )


def _run(critic: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """The last layer's input ``(B, width)``, and the critic's output."""
    seen: list[Tensor] = []
    handle = _last(critic).register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    try:
        outputs = critic(x)
    finally:
        handle.remove()
    return seen[-1].flatten(1).to(torch.promote_types(seen[-1].dtype, torch.float32)), outputs

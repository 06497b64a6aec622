"""The constructive equilibrium: a critic whose linear last layer is zero is constant, whatever else it has learnt."""

import copy
from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.parametrize import is_parametrized

from gpreg.critics.calls import critic_outputs, preserved_buffers
from gpreg.critics.examination import Examination
from gpreg.errors import BatchCouplingError, GpregError, UsageError


class NoConstruction(UsageError):  # noqa: N818 -- not a mistake: this critic simply has no such equilibrium
    """The critic cannot be made constant by zeroing its last layer; the message says why."""


def last_linear(critic: nn.Module, points: Tensor, labels: Tensor | None = None) -> tuple[str, nn.Linear]:
    """Find the linear layer whose output is the critic's: ``D(x) = <a, phi(x)> + b``.

    The critic is run: the layer is the last module with parameters to run, and its output is the critic's up to its
    shape. That zeroing the layer makes D zero is tried out, at the points and at random ones.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)``; left as it was.
        points: ``(B, *x)``, a few samples such as the critic sees.
        labels: ``(B,)``, for a conditional critic.

    Returns:
        the layer's name in ``critic.named_modules()``, and the layer.

    Raises:
        NoConstruction: there is no such layer, it is normalised or shared, D is not a function of x alone, or the
            critic is no ``nn.Module`` or cannot be run.
    """
    if not isinstance(critic, nn.Module):
        raise NoConstruction(
            f"the critic is a {type(critic).__name__}, whose layers are not known",
            remedy="give the critic as an nn.Module",
        )
    if not len(points):
        raise NoConstruction("there is no sample to run the critic on", remedy="give two or more")
    try:
        _refuse_coupling(critic, points, labels)
        ran, last_output, outputs = _trace(critic, points, labels)
    except GpregError:
        raise
    except Exception as error:  # the critic is a user's, and may raise anything
        raise NoConstruction(f"the critic cannot be run: {type(error).__name__}: {error}") from error
    if not outputs.isfinite().all():
        raise NoConstruction(
            "the critic's outputs are NaN or infinite", remedy="look for NaN in its parameters and in the samples"
        )
    name, layer = ran[-1] if ran else ("", critic)
    if not isinstance(layer, nn.Linear):
        raise NoConstruction(
            f"the critic's last layer with parameters, {name or 'the critic itself'} ({type(layer).__name__}), "
            "is not linear, so that there is no last layer to zero",
            remedy="end the critic in nn.Linear(width, 1)",
        )
    if is_parametrized(layer) or "weight" not in dict(layer.named_parameters(recurse=False)):
        raise NoConstruction(
            f"the critic's last layer {name!r} is normalised or reparametrised (spectral or weight normalisation): "
            "around W = 0 its weight is no smooth function of its parameters, so that it cannot be zeroed",
            remedy="leave the normalisation off the last layer; of a constraint, by -C last=false",
        )
    if layer.out_features != 1:
        raise NoConstruction(
            f"the critic's last layer {name!r} has {layer.out_features} outputs, of which labels pick or which are "
            "combined; the construction is for one",
            remedy="use an unconditional critic, which ends in nn.Linear(width, 1)",
        )
    own = {id(parameter) for parameter in layer.parameters()}
    uses = [n for n, parameter in critic.named_parameters(remove_duplicate=False) if id(parameter) in own]
    if len(uses) > len(own) or Counter(id(module) for _, module in ran)[id(layer)] > 1:
        raise NoConstruction(
            f"the critic's last layer {name!r} is tied: its parameters are used elsewhere in the critic, too "
            f"({', '.join(uses)}), so that zeroing it changes more than the last layer",
            remedy="give the last layer parameters of its own",
        )
    if last_output.numel() != len(points) or not torch.allclose(last_output.reshape(-1), outputs):
        raise NoConstruction(
            f"the critic's output is not that of its last linear layer {name!r}: something is added to it or it is "
            "transformed, as by the inner product with a label's embedding of a projection critic",
            remedy="use a critic that ends in nn.Linear(width, 1) and returns its output",
        )
    zeroed = _zeroed(critic, name)
    rng = torch.Generator().manual_seed(0)
    elsewhere = torch.randn(points.shape, generator=rng).to(points)
    if any(_outputs(zeroed, x, labels).count_nonzero() for x in (points, elsewhere)):
        raise NoConstruction(
            f"the critic is not zero with its last layer {name!r} zeroed: something goes around it",
            remedy="use a critic that ends in nn.Linear(width, 1) and returns its output",
        )
    return name, layer


def at_zero(critic: nn.Module, points: Tensor, labels: Tensor | None = None) -> nn.Module:
    """A copy of the critic with its last layer's weight and bias zeroed, so that D = 0 everywhere.

    Where the generator's samples have the data's law this is an equilibrium for any measure and any loss
    ``E_pd f(D) + E_pg f(-D)``: assumptions 1, 3 and 6c hold by construction.

    Args:
        critic, points, labels: as for :func:`last_linear`.

    Raises:
        NoConstruction: the critic has no such layer, as for :func:`last_linear`.
    """
    name, _ = last_linear(critic, points, labels)
    return _zeroed(critic, name)


def _zeroed(critic: nn.Module, name: str) -> nn.Module:
    zeroed = copy.deepcopy(critic)
    with torch.no_grad():
        for parameter in zeroed.get_submodule(name).parameters():
            parameter.zero_()
    return zeroed


def _refuse_coupling(critic: nn.Module, points: Tensor, labels: Tensor | None) -> None:
    for name, module in critic.named_modules():
        if isinstance(module, _BatchNorm):
            raise NoConstruction(
                f"the critic's layer {name!r} ({type(module).__name__}) normalises over the batch in training, so that "
                "D is not a function of the sample alone",
                remedy="replace it by a layer that treats samples one by one (nn.GroupNorm, nn.LayerNorm, none)",
            )
    try:
        Examination()(critic, points, labels)
    except BatchCouplingError as error:
        raise NoConstruction(error.message, remedy=error.remedy) from error


def _trace(
    critic: nn.Module, points: Tensor, labels: Tensor | None
) -> tuple[list[tuple[str, nn.Module]], Tensor, Tensor]:
    """The modules with parameters, in the order in which they end; the output of the last one; and the critic's."""
    ran: list[tuple[str, nn.Module]] = []
    last: list[Any] = [torch.zeros(0)]

    def note(name: str) -> Any:
        def hook(module: nn.Module, _: Any, output: Any) -> None:
            ran.append((name, module))
            last[:] = [output]

        return hook

    holders = [
        (name, module)
        for name, module in critic.named_modules()
        if is_parametrized(module) or any(True for _ in module.parameters(recurse=False))
    ]
    hooks = [module.register_forward_hook(note(name)) for name, module in holders if not name.count("parametrizations")]
    try:
        outputs = _outputs(critic, points, labels)
    finally:
        for hook in hooks:
            hook.remove()
    return ran, last[0] if isinstance(last[0], Tensor) else torch.zeros(0), outputs


def _outputs(critic: nn.Module, points: Tensor, labels: Tensor | None) -> Tensor:
    devices = [points.device] if points.device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices), preserved_buffers(critic):
        return critic_outputs(critic, points, labels)

"""The layers whose weights are matrices, and these matrices."""

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from gpreg.errors import UsageError

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
MATRICES = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, *TRANSPOSED)


def layers(
    network: nn.Module, *, embeddings: bool = False, last: bool = True, nonzero: bool = False
) -> dict[str, nn.Module]:
    """The linear and convolutional layers of a network by name, in the order in which it registers them.

    Args:
        network: the network.
        embeddings: whether embeddings count as well.
        last: whether the last linear or convolutional layer is among them.
        nonzero: refuse weights that are zero, which have no direction.

    Raises:
        UsageError: there is none; or the weight of one is not a parameter of its own, or zero.
    """
    found = {name: module for name, module in network.named_modules() if isinstance(module, MATRICES)}
    dropped = [] if last else [*found][-1:]
    kinds = (*MATRICES, nn.Embedding) if embeddings else MATRICES
    chosen: dict[str, nn.Module] = {
        name: module for name, module in network.named_modules() if isinstance(module, kinds) and name not in dropped
    }
    if not chosen:
        raise UsageError(
            f"the network has no linear or convolutional layer{' but its last one' * bool(dropped)}, and no other "
            "weights obey it",
            remedy="choose an architecture with such layers" + (", or the option last=true" if dropped else ""),
        )
    parameters = [id(parameter) for module in network.modules() for parameter in module.parameters(recurse=False)]
    for name, layer in chosen.items():
        weight = layer._parameters.get("weight")
        if weight is None or is_parametrized(layer, "weight"):
            raise UsageError(
                f"the weight of the layer {name!r} is computed from others already, as by the architecture's own "
                "normalisation",
                remedy="leave out one of the two",
            )
        if parameters.count(id(weight)) > 1:
            raise UsageError(
                f"the weight of the layer {name!r} is used elsewhere in the network, too",
                remedy="give each layer a weight of its own",
            )
        if nonzero and not weight.is_meta and not weight.any():
            raise UsageError(
                f"the weight of the layer {name!r} is zero, and W / |W| is not defined there",
                remedy="choose another architecture, or a projection, such as --constraint orthogonal-projection",
            )
    return chosen


def output_dim(layer: nn.Module) -> int:
    """The dimension of a layer's weight that counts its outputs."""
    return 1 if isinstance(layer, TRANSPOSED) else 0


def as_matrix(weight: Tensor, output_dim: int) -> Tensor:
    """A weight as the matrix ``(outputs, inputs x kernel)``; a view of it where that is possible."""
    return weight.movedim(output_dim, 0).flatten(1)

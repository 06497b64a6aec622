"""Orthogonal regularization of weights, as in BigGAN."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from gpreg.critics.calls import evaluating
from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec, Term, TermBatch
from gpreg.penalties.autocast import at_least_float32, outside_autocast
from gpreg_regularizers.options import OrthogonalOptions

_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class Orthogonal(Term):
    """``weight sum_W |W^T W * (1 - I)|_F^2``: the filters of a layer, the columns of W, are orthogonal to each other.

    Their lengths are left free. W runs over all weights of two or more axes of linear and convolutional layers, and of
    what else has such parameters, but not over embeddings, whose rows are no filters. Of a parametrised layer, such as
    a spectrally normalised one, it is the weight that the layer computes with.

    Brock, Donahue and Simonyan (2019), Large Scale GAN Training for High Fidelity Natural Image Synthesis, equation 3.
    The authors' code adds half of its gradient, so that their 1e-4 is 5e-5 here, and takes the parameter in the place
    of a normalised weight.
    """

    def __init__(self, options: OrthogonalOptions) -> None:
        super().__init__()
        self._weight = options.weight
        self.player = options.player

    def prepare(self, critic: nn.Module, generator: nn.Module, spec: SampleSpec) -> None:
        """Look whether there is anything to regularize.

        Raises:
            UsageError: no layer of the network has two filters.
        """
        network = critic if self.player == "critic" else generator
        if not any(min(matrix.shape) and len(matrix) > 1 for matrix in _matrices(network)):
            other = "generator" if self.player == "critic" else "critic"
            raise UsageError(
                f"the {self.player}, a {type(network).__name__}, has no weights with two filters to be orthogonal",
                remedy=f"add -R orthogonal.player={other}, or choose another --arch, such as mlp",
            )

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar; it does not depend on the samples."""
        network = batch.critic if self.player == "critic" else batch.generator
        values = [_overlap(matrix) for matrix in _matrices(network)]
        return self._weight * torch.stack(values).sum()


def _overlap(matrix: Tensor) -> Tensor:
    """The sum of the squared products of different rows, outside autocast: small products are what it is about."""
    with outside_autocast(matrix.device.type):
        gram = at_least_float32(matrix) @ at_least_float32(matrix).T
        return (gram - torch.diag(gram.diagonal())).square().sum()


def _matrices(network: nn.Module) -> Iterator[Tensor]:
    """The weights of a network as matrices with a row for each filter."""
    lists = [module for module in network.modules() if isinstance(module, parametrize.ParametrizationList)]
    parametrisations = {id(module) for each in lists for module in each.modules()}
    for module in network.modules():
        if id(module) in parametrisations or isinstance(module, nn.Embedding):
            continue
        for weight in _weights(module):
            if weight.ndim > 1:
                yield (weight.transpose(0, 1) if isinstance(module, _TRANSPOSED) else weight).flatten(1)


def _weights(module: nn.Module) -> Iterator[Tensor]:
    """The parameters of one module, and the tensors that it computes from parameters."""
    yield from module.parameters(recurse=False)
    parametrisations = getattr(module, "parametrizations", None)
    if isinstance(parametrisations, nn.ModuleDict):
        with evaluating(parametrisations):  # spectral normalisation iterates in training, and must not do so here
            yield from [getattr(module, name) for name in parametrisations]

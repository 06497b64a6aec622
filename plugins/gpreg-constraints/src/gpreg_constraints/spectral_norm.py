"""Spectral normalisation."""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization

from gpreg.interfaces import Constraint, PlayerName
from gpreg_constraints.layers import as_matrix, layers, output_dim
from gpreg_constraints.options import SpectralNormOptions

INITIAL = 15
"""Power iterations before the first step, as in torch's own."""


class SpectralNorm(Constraint):
    """``W / sigma(W)`` in the place of each weight, with the largest singular value by power iteration.

    A network of linear layers with 1-Lipschitz activations is then 1-Lipschitz, up to what the iteration has not found
    yet: the estimate of sigma comes from below. Of a convolution, sigma is that of the matrix (outputs, inputs x
    kernel), as in the paper; as an operator the layer may stretch sqrt(k) times as much, with k the places of its
    kernel.

    Miyato, Kataoka, Koyama and Yoshida (2018), Algorithm 1: the singular vectors are iterated once per update. So it is
    here, after each step of the optimiser, and nowhere else. A forward pass changes nothing, and the critic is one
    function of real samples, fake samples and the penalty's points, whoever looks at it and however often.
    (``torch.nn.utils.parametrizations.spectral_norm`` iterates in each forward pass in training mode instead. Names
    and shapes of all tensors are those of torch.)
    """

    def __init__(self, options: SpectralNormOptions) -> None:
        super().__init__()
        self.player = cast(PlayerName, options.player)
        self._options = options

    def attach(self, network: nn.Module) -> None:
        """Normalise the weight of each linear and convolutional layer, and of embeddings; not biases."""
        chosen = layers(network, embeddings=self._options.embeddings, last=self._options.last, nonzero=True)
        for layer in chosen.values():
            weight = cast(Tensor, layer.weight)
            register_parametrization(layer, "weight", Normalised(weight, output_dim(layer), self._options.eps))

    def forward(self, network: nn.Module) -> None:
        """Iterate the singular vectors of each weight."""
        for weight, norm in _normalised(network):
            norm.iterate(weight, self._options.iterations)


class Normalised(nn.Module):
    """``W -> W / (u^T W v)``; u and v, buffers, are treated as constants by differentiation, as in the paper.

    At the singular vectors of W that is no approximation: ``grad sigma(W) = u v^T``.

    Args:
        weight: W, from whose law of singular vectors the iteration starts with a random v.
        output_dim: the dimension that counts outputs.
        eps: the least norm that u and v are divided by.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, output_dim: int, eps: float) -> None:
        super().__init__()
        self._output_dim, self._eps = output_dim, eps
        rows, columns = as_matrix(weight, output_dim).shape
        self.register_buffer("_u", weight.new_zeros(rows))
        self.register_buffer("_v", normalize(torch.randn(columns).to(weight), dim=0))
        self.iterate(weight, INITIAL)

    @torch.no_grad()
    def iterate(self, weight: Tensor, times: int) -> None:
        """``u <- W v / |W v|``, ``v <- W^T u / |W^T u|``, a number of times."""
        matrix = as_matrix(weight, self._output_dim)
        for _ in range(times):
            self._u.copy_(normalize(matrix @ self._v, dim=0, eps=self._eps))
            self._v.copy_(normalize(matrix.T @ self._u, dim=0, eps=self._eps))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight divided by the estimate of its largest singular value."""
        # Sums, since autocast would round matrix products, and with them sigma, to the digits of half precision.
        along_v = (as_matrix(weight, self._output_dim) * self._v).sum(1)
        return weight / (along_v * self._u).sum()


def _normalised(network: nn.Module) -> Iterator[tuple[Tensor, Normalised]]:
    """The original weight and the parametrisation of each layer that is normalised."""
    for module in network.modules():
        for norm in module.children():
            if isinstance(norm, Normalised):
                yield cast(Tensor, module.original), norm

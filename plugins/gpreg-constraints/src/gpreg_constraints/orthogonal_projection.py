"""Projection to orthonormal weights."""

from typing import cast

import torch
from torch import Tensor, nn

from gpreg.interfaces import Constraint, PlayerName
from gpreg_constraints.layers import layers, output_dim
from gpreg_constraints.options import OrthogonalProjectionOptions


class OrthogonalProjection(Constraint):
    """The nearest matrix with orthonormal rows or columns, whichever are fewer, in the place of each weight.

    From the singular value decomposition ``W = U diag(s) V^T`` that is ``gain U V^T``, the polar factor of W. With a
    ``band`` b > 0, singular values are only brought into ``[gain / (1 + b), gain (1 + b)]``: the singular value
    bounding of Jia, Tao, Gao and Xu (2017), Algorithm 1, who project every so many steps, not after each.
    """

    def __init__(self, options: OrthogonalProjectionOptions) -> None:
        super().__init__()
        self.player = cast(PlayerName, options.player)
        self._bounds = options.gain / (1 + options.band), options.gain * (1 + options.band)

    def attach(self, network: nn.Module) -> None:
        """Change nothing; refuse a network without linear or convolutional layers."""
        layers(network)

    def forward(self, network: nn.Module) -> None:
        """Project the weight of each linear and convolutional layer."""
        for layer in layers(network).values():
            weight = cast(Tensor, layer.weight)
            outputs_first = weight.movedim(output_dim(layer), 0)
            if not weight.isfinite().all():  # the run has diverged, and says so itself at its next tick
                continue
            u, s, vh = torch.linalg.svd(outputs_first.flatten(1), full_matrices=False)
            outputs_first.copy_((u @ (s.clamp(*self._bounds)[:, None] * vh)).view(outputs_first.shape))

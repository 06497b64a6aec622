"""Weight normalisation."""

from typing import cast

from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from gpreg.interfaces import Constraint, PlayerName
from gpreg_constraints.layers import layers, output_dim
from gpreg_constraints.options import WeightNormOptions


class WeightNorm(Constraint):
    """``w = g v / |v|`` for the weights w of each output: the length g and the direction v are trained.

    Salimans and Kingma (2016), eq. (2). Networks begin at the weights that they would begin at without it; the paper's
    initialisation by a batch of data is not done.
    """

    def __init__(self, options: WeightNormOptions) -> None:
        super().__init__()
        self.player = cast(PlayerName, options.player)
        self._last = options.last

    def attach(self, network: nn.Module) -> None:
        """Split the weight of each linear and convolutional layer."""
        for layer in layers(network, last=self._last, nonzero=True).values():
            weight_norm(layer, dim=output_dim(layer))

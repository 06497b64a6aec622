"""Weight clipping."""

from typing import cast

from torch import nn

from gpreg.interfaces import Constraint, PlayerName
from gpreg_constraints.options import ClippingOptions


class Clipping(Constraint):
    """Every parameter in ``[-bound, bound]``, after each step. Arjovsky, Chintala and Bottou (2017), Algorithm 1."""

    def __init__(self, options: ClippingOptions) -> None:
        super().__init__()
        self.player = cast(PlayerName, options.player)
        self._bound = options.bound

    def forward(self, network: nn.Module) -> None:
        """Clip in place."""
        for parameter in network.parameters():
            parameter.clamp_(-self._bound, self._bound)

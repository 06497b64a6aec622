"""A constraint: what the weights of a network obey, by a parametrisation or by a projection after each step."""

from abc import ABC
from collections.abc import Mapping

from torch import nn

from gpreg.interfaces.regularizer import PlayerName
from gpreg.interfaces.term import Term


class Constraint(nn.Module, ABC):
    """What the weights of a network obey: by :meth:`forward`, a projection such as clipping, or by :meth:`attach`, a
    parametrisation such as spectral normalisation.

    It is an ``nn.Module``: what it remembers from step to step is in its buffers, which are saved with the run.

    >>> class Clip(Constraint):
    ...     def forward(self, network):
    ...         for parameter in network.parameters():
    ...             parameter.clamp_(-0.01, 0.01)
    """

    player: PlayerName = "critic"
    """The player whose network obeys it."""

    @property
    def terms(self) -> Mapping[str, Term]:
        """What players minimise besides because of it, by names for ``stats.jsonl``; by default nothing."""
        return {}

    def attach(self, network: nn.Module) -> None:
        """Change the network's layers, such as by :mod:`torch.nn.utils.parametrizations`; by default not at all.

        Called wherever the network is built, before there are an optimiser or saved weights: in training, and when
        samples are drawn from a run or its critic is evaluated.

        Raises:
            UsageError: the network has no layer that could obey; says which it is for.
        """

    def forward(self, network: nn.Module) -> None:
        """Change the weights in place; by default not at all.

        Called without gradient tracking, after each step of the network's optimiser, and of an average of it after each
        update, so that samples drawn from the average obey as well; buffers that it changes then are restored.
        """

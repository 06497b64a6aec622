"""A constraint: a projection of a network's weights after each step of its optimiser."""

from abc import ABC, abstractmethod

from torch import nn


class Constraint(nn.Module, ABC):
    """A projection of a network's weights, such as clipping.

    It is an ``nn.Module``: what it remembers from step to step is in its buffers, which are saved with the run.

    >>> class Clip(Constraint):
    ...     def forward(self, network):
    ...         for parameter in network.parameters():
    ...             parameter.clamp_(-0.01, 0.01)
    """

    @abstractmethod
    def forward(self, network: nn.Module) -> None:
        """Change the weights in place. Called without gradient tracking, after each step of the network's optimiser."""

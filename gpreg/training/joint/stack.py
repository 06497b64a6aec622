"""The parameters of several networks of one structure, stacked, and their common forward pass."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from gpreg.critics.outputs import one_a_sample


class Stack:
    """N networks as one: each of their parameters is stacked along a new first axis, ``(N, *p)``.

    Once they are taken over, the networks' own parameters are views of the stacked ones. So each network always has its
    newest weights, for scores, pictures, checkpoints and projections, and nothing is copied.

    Args:
        networks: of one structure, without buffers; see :mod:`gpreg.training.joint.fitness`.

    Attributes:
        parameters: the stacked parameters by name, leaves that require a gradient.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        self._networks = networks
        own = [dict(network.named_parameters()) for network in networks]
        stacked = {name: torch.stack([each[name].detach() for each in own]) for name in own[0]}
        self.parameters = {name: tensor.requires_grad_() for name, tensor in stacked.items()}
        self._call = vmap(self._one)

    def take_over(self) -> "Stack":
        """Make the networks' parameters views of the stacked ones; returns this stack."""
        for index in range(len(self._networks)):
            self.adopt(index)
        return self

    def __call__(self, inputs: Tensor, chosen: Sequence[int] | None = None) -> Tensor:
        """The outputs ``(n, B, ...)`` on inputs ``(n, B, *x)`` of the chosen networks, by default of all."""
        if chosen is None:
            return self._called(self.parameters, inputs)
        rows = torch.tensor(chosen, device=inputs.device)
        return self._called({name: tensor[rows] for name, tensor in self.parameters.items()}, inputs)

    @torch.no_grad()
    def adopt(self, index: int) -> None:
        """Take over the parameters of a network that are not views of the stacked ones, and make them such views."""
        for name, parameter in self._networks[index].named_parameters():
            row = self.parameters[name].detach()[index]
            if parameter.data_ptr() != row.data_ptr():
                row.copy_(parameter)
                parameter.data = row

    def _called(self, parameters: dict[str, Tensor], inputs: Tensor) -> Tensor:
        outputs: Tensor = self._call(parameters, inputs)
        return outputs

    def _one(self, parameters: dict[str, Tensor], inputs: Tensor) -> Any:
        return functional_call(self._networks[0], parameters, (inputs,))


class CriticStack(Stack):
    """The same of critics, whose outputs are ``(n, B)``."""

    def _one(self, parameters: dict[str, Tensor], inputs: Tensor) -> Tensor:
        return one_a_sample(super()._one(parameters, inputs), len(inputs))

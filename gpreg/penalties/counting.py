"""Count critic steps, for a lazy penalty, which is computed only in each k-th step."""

import operator
import warnings
from typing import Any
from weakref import ReferenceType, ref

import torch
from torch import nn

from gpreg.errors import UsageError


def step_number(step: Any) -> int:
    """Check the number of a step, and return it as an ``int``.

    Raises:
        UsageError: it is no whole number >= 0.
    """
    try:
        number = operator.index(step)
    except TypeError:
        number = -1
    if number < 0:
        raise UsageError(
            f"step is {step!r}; it must be a whole number >= 0", remedy="pass the number of the critic's step, from 0"
        )
    return number


class AccumulationWatch:
    """Warns once if calls are counted as steps although their gradients are accumulated into one step.

    Gradients are accumulated if the critic's parameters have not changed since the last call, but have a gradient.
    A change in place raises a parameter's version number, so that versions are compared and nothing is copied.
    Evaluating a penalty twice without a backward pass in between is no accumulation.
    """

    def __init__(self) -> None:
        self._warned = False
        self._last: tuple[ReferenceType[nn.Module], int] | None = None

    def __call__(self, critic: Any, every: int) -> None:
        """Look at one call without ``step=``."""
        if self._warned or not isinstance(critic, nn.Module) or not torch.is_grad_enabled():
            return
        learnt = [parameter for parameter in critic.parameters() if parameter.requires_grad]
        last, self._last = self._last, (ref(critic), sum(parameter._version for parameter in learnt))
        stands = last is not None and last[0]() is critic and last[1] == self._last[1]
        if stands and any(parameter.grad is not None for parameter in learnt):
            self._warned = True
            warnings.warn(
                f"a penalty with every={every} counts its calls as the critic's steps, and was called again while "
                "they add to one gradient; say which step a call belongs to: penalty(critic, real, fake, step=n)",
                stacklevel=6,  # past nn.Module's own frames
            )

    def __reduce__(self) -> tuple[type["AccumulationWatch"], tuple[()]]:
        return AccumulationWatch, ()  # a copy has seen no critic

"""Which critic step a call belongs to, for a lazy penalty that is computed in each k-th step only."""

import operator
import warnings
from typing import Any
from weakref import ReferenceType, ref

import torch
from torch import nn

from gpreg.errors import UsageError


def step_number(step: Any) -> int:
    """A step as a number.

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
    """Warns once where calls are counted as steps, though they add to one gradient.

    That shows where the critic has not moved between two calls, and has a gradient at the second: several calls, then
    one step of the optimiser. Each change of a parameter in place raises its version, so that nothing is compared or
    copied. Looking at a penalty twice, without a backward pass, is no accumulation.
    """

    def __init__(self) -> None:
        self._warned = False
        self._last: tuple[ReferenceType[nn.Module], int] | None = None

    def __call__(self, critic: Any, every: int) -> None:
        """Look at one call that brought no step."""
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

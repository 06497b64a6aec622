"""What a function differentiates by: the arguments of its calls of :func:`torch.autograd.grad`."""

from collections.abc import Iterable
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

_GRAD = torch.autograd.grad


class Watch:
    """Notes the inputs of each ``torch.autograd.grad``; a name that was imported before is not seen.

    >>> weight = torch.nn.Parameter(torch.ones(2))
    >>> with Watch() as watch:
    ...     _ = torch.autograd.grad(weight.sum(), weight)
    >>> watch.only([weight])
    True
    """

    def __init__(self) -> None:
        self.inputs: list[Tensor] = []

    def __enter__(self) -> "Watch":
        def noting(outputs: Any, inputs: Any, *rest: Any, **named: Any) -> Any:
            given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
            self.inputs += given
            return _GRAD(outputs, given, *rest, **named)

        torch.autograd.grad = noting
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        torch.autograd.grad = _GRAD

    def only(self, parameters: Iterable[nn.Parameter]) -> bool:
        """Whether there were inputs, and all of them are among the parameters."""
        known = {id(parameter) for parameter in parameters}
        return bool(self.inputs) and all(id(given) in known for given in self.inputs)

"""The penalty in what a function returns: a tensor, a number, or a tuple or mapping with one."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

_NAMES = ("penalty", "gp", "gradient_penalty", "grad_penalty", "r1", "reg", "loss", "total", "value")


def scalars(result: Any) -> Iterator[Tensor | float]:
    """Scalars among what a function returned, those that are named like a penalty or come first at first.

    Vectors ``(B,)`` and ``(B, 1)`` count as their mean, as the trainer takes it of a loss per sample.

    >>> import torch
    >>> list(scalars((torch.zeros(4, 3, 2, 2), torch.tensor(2.0))))
    [tensor(2.)]
    """
    if isinstance(result, Tensor):
        if result.numel() == 1:
            yield result.reshape(())
        elif result.ndim == 1 or (result.ndim > 1 and result.numel() == len(result)):
            yield result.mean()
    elif isinstance(result, bool):
        return
    elif isinstance(result, int | float):
        yield float(result)
    elif isinstance(result, Mapping):
        for key in sorted(result, key=lambda key: (not any(name in str(key).lower() for name in _NAMES),)):
            yield from scalars(result[key])
    elif isinstance(result, tuple | list):
        parts = [part for part in result if not (isinstance(part, Tensor) and part.numel() > 1)]
        for part in [*parts, *(part for part in result if isinstance(part, Tensor) and part.numel() > 1)]:
            yield from scalars(part)
    elif hasattr(result, "__dict__") and not callable(result):
        yield from scalars(vars(result))


def value_of(result: Any, pick: int = 0) -> Tensor | float | None:
    """The scalar number ``pick`` of a result; ``None`` if there is none."""
    found = list(scalars(result))
    return found[pick] if pick < len(found) else None

"""Operations that make ``(B, B)`` numbers out of two lots of B numbers, because one of these is a column."""

from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode


class Pairwise(TorchFunctionMode):
    """Notes the operations in which a column ``(B, 1)`` meets a vector ``(B,)``.

    Args:
        batch: B.

    >>> import torch
    >>> with Pairwise(3) as pairs:
    ...     _ = torch.ones(3, 1) * torch.ones(3)
    >>> pairs.seen
    ['mul']
    """

    def __init__(self, batch: int) -> None:
        super().__init__()
        self.batch = batch
        self.seen: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Look at the shapes of arguments and result."""
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and tuple(result.shape) == (self.batch, self.batch):
            shapes = {tuple(given.shape) for given in args if isinstance(given, Tensor)}
            if shapes == {(self.batch, 1), (self.batch,)}:
                self.seen.append(getattr(func, "__name__", str(func)).strip("_"))
        return result

"""Compute in float32 or better under autocast, where half precision would not do."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def outside_autocast(device_type: str) -> AbstractContextManager[object]:
    """A region without autocast; it costs nothing if autocast is off anyway."""
    if torch.is_autocast_enabled(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor, in float32 if it was in half precision."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()

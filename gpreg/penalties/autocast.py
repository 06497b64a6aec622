"""Single precision for what must not be done in half: outside autocast, in float32 or better."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def outside_autocast(device_type: str) -> AbstractContextManager[object]:
    """A region without autocast; free of charge where there is none to leave, which is most of the time."""
    if torch.is_autocast_enabled(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor, in float32 if it was in half precision."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()

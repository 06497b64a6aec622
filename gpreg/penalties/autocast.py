"""Leaving autocast for what must not be done in half precision."""

from contextlib import AbstractContextManager, nullcontext

import torch


def outside_autocast(device_type: str) -> AbstractContextManager[object]:
    """A region without autocast; free of charge where there is none to leave, which is most of the time."""
    if torch.is_autocast_enabled(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()

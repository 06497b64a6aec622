"""Code that asks for a CUDA device is examined on the CPU."""

from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class OnCpu(TorchFunctionMode):
    """Gives the CPU to whatever asks for CUDA: ``.cuda()``, ``.to("cuda")``, ``device="cuda"``.

    >>> with OnCpu():
    ...     print(torch.ones(2, device="cuda").cuda().device)
    cpu
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call with the CPU in place of each CUDA device."""
        if func is torch.Tensor.cuda:
            return args[0]
        return func(*map(_here, args), **{name: _here(value) for name, value in (kwargs or {}).items()})


def _here(given: Any) -> Any:
    if isinstance(given, torch.device):
        return torch.device("cpu") if given.type == "cuda" else given
    return "cpu" if isinstance(given, str) and given.split(":")[0] == "cuda" else given

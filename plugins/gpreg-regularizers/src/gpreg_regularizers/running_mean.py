"""An exponential moving average of batch means, which is saved with the run and common to its processes."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class RunningMean(nn.Module):
    """``a_t = decay a_(t-1) + (1 - decay) m_t``, m_t the mean over the batch of update t, all its parts and processes.

    If gradients are accumulated, the average moves once per update, not once per part: in part k it is computed from
    the mean of the parts 1 to k, and after the last one it is that of the whole batch. Nothing waits for the device.

    Args:
        shape: shape of what is averaged.
        decay: weight of the past.
        from_zero: begin with ``a_0 = 0``; otherwise with the first mean.
    """

    before: Tensor
    now: Tensor
    total: Tensor
    parts: Tensor
    updates: Tensor

    def __init__(self, shape: tuple[int, ...], *, decay: float, from_zero: bool = False) -> None:
        super().__init__()
        for name in ("before", "now", "total"):
            self.register_buffer(name, torch.zeros(shape))
        for name in ("parts", "updates"):
            self.register_buffer(name, torch.zeros(()))
        self._decay, self._from_zero = decay, from_zero
        self._update: int | None = None

    @torch.no_grad()
    def forward(
        self, mean: Tensor, *, update: int, averaged: Callable[[Tensor], Tensor], remembers: bool = True
    ) -> Tensor:
        """The average after a part of an update.

        Args:
            mean: of this part in this process, of the given shape.
            update: number of the update that the part belongs to. A state is saved between two updates, so that a
                restored average begins a new one.
            averaged: the mean over the processes.
            remembers: whether the past counts; if not, the average is the mean of this update alone.
        """
        if update != self._update:
            self._update = update
            self.before.copy_(self.now)
            self.total.zero_()
            self.parts.zero_()
            self.updates += 1
        self.total += averaged(mean)
        self.parts += 1
        weight = torch.full_like(self.updates, 1 - self._decay if remembers else 1.0)
        if not self._from_zero:
            weight = torch.where(self.updates > 1, weight, 1.0)
        self.now.copy_(torch.lerp(self.before, self.total / self.parts, weight))
        return self.now.clone()

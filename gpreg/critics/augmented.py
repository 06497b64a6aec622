"""A critic behind augmentations: D(T(x))."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.interfaces.augmentation import Augmentation


class AugmentedCritic(nn.Module):
    """The critic of augmented samples, ``x -> D(T(x))``, with another T for each sample in each call.

    The change is computed in float32 or better, also under autocast, and has the samples' dtype afterwards.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)`` or ``(B, 1)``.
        augmentations: the changes, the first of which is applied first.
        rng: where their random numbers come from; lives on the samples' device.

    >>> class Double(Augmentation):
    ...     def forward(self, x, rng):
    ...         return 2 * x
    >>> AugmentedCritic(torch.nn.Identity(), [Double(), Double()], torch.Generator())(torch.ones(2))
    tensor([4., 4.])
    """

    def __init__(self, critic: nn.Module, augmentations: Sequence[Augmentation], rng: torch.Generator) -> None:
        super().__init__()
        self.critic, self.augmentations, self._rng = critic, nn.ModuleList(augmentations), rng

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Any:
        """The critic's outputs on changed samples."""
        changed = self.changed(x)
        return self.critic(changed) if labels is None else self.critic(changed, labels)

    def changed(self, x: Tensor) -> Tensor:
        """Changed samples, ``(B, *x)``."""
        with torch.autocast(x.device.type, enabled=False):
            changed = x if x.dtype is torch.float64 else x.float()
            for augmentation in self.augmentations:
                changed = augmentation(changed, self._rng)
        return changed.to(x.dtype)

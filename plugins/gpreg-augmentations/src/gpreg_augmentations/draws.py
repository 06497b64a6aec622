"""Random numbers for the images of a batch."""

import torch
from torch import Generator as RandomState
from torch import Tensor


class Draws:
    """One number for each image of a batch in each call, ``(B,)``, from the given generator only.

    How many numbers are drawn never depends on a value, so that nothing waits for the device, and all that follows in a
    run stays the same when a probability moves.

    Args:
        x: the batch, ``(B, *x)``, whose device and dtype the numbers have.
        rng: where they come from.

    >>> draws = Draws(torch.zeros(3, 1, 8, 8), torch.Generator().manual_seed(0))
    >>> draws.chosen(torch.tensor(1.0))
    tensor([True, True, True])
    """

    def __init__(self, x: Tensor, rng: RandomState) -> None:
        self._count, self._rng, self._device, self._dtype = len(x), rng, x.device, x.dtype

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        """``U(low, high)``."""
        numbers = torch.rand(self._count, generator=self._rng, device=self._device, dtype=self._dtype)
        return low + (high - low) * numbers

    def normal(self) -> Tensor:
        """``N(0, 1)``."""
        return torch.randn(self._count, generator=self._rng, device=self._device, dtype=self._dtype)

    def whole(self, low: int, high: int) -> Tensor:
        """A whole number from ``low`` to ``high``, both included, as int64."""
        return torch.randint(low, high + 1, (self._count,), generator=self._rng, device=self._device)

    def chosen(self, probability: Tensor | float) -> Tensor:
        """Whether an image is chosen, with this probability; with 0 none is, with 1 each is."""
        return self.uniform() < probability

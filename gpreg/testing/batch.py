"""A batch with everything that a penalty's measure may need."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.testing.drawn import LATENT, SmoothGenerator


@dataclass(frozen=True)
class Batch:
    """Samples of one step, in float64 on the CPU, detached.

    Attributes:
        real, fake: ``(n, *x)``.
        latent: ``(n, z)``, the codes of the fake samples.
        labels: ``(n,)`` of int64; ``None`` without classes.
        generator: ``(n, z) [, (n,)] -> (n, *x)``, smooth.
        rng: a generator of random numbers, for the penalty.
    """

    real: Tensor
    fake: Tensor
    latent: Tensor
    labels: Tensor | None
    generator: nn.Module
    rng: torch.Generator

    @property
    def arguments(self) -> dict[str, Any]:
        """The keywords of a penalty's call, all but the critic."""
        return dict(vars(self))


def batch(*, shape: tuple[int, ...] = (2,), n: int = 16, classes: int | None = None, seed: int = 0) -> Batch:
    """A batch, equal in each call with the same arguments.

    Args:
        shape: shape of one sample.
        n: number of real samples, and of fake ones.
        classes: number of labels; ``None``: there are none.
        seed: of all random numbers.

    >>> given = batch(shape=(3, 8, 8), n=4, classes=2)
    >>> given.real.shape, given.labels
    (torch.Size([4, 3, 8, 8]), tensor([0, 1, 0, 1]))
    """
    rng = torch.Generator().manual_seed(seed)
    real = torch.randn(n, *shape, generator=rng, dtype=torch.float64)
    latent = torch.randn(n, LATENT, generator=rng, dtype=torch.float64)
    labels = None if classes is None else torch.arange(n) % classes
    generator = SmoothGenerator(shape)
    with torch.no_grad():
        fake = generator(latent, labels)
    return Batch(real, fake, latent, labels, generator, rng)

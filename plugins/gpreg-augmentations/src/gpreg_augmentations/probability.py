"""The probability of ADA's transformations: fixed, on the run's schedule, or adaptive."""

import torch
from torch import Tensor, nn

from gpreg.training.distributed import summed
from gpreg_augmentations.options import AdaOptions

INTERVAL = 4
"""An adaptive p is moved once in so many iterations."""


class Probability(nn.Module):
    """p, which is the same for all images of all processes.

    An adaptive p follows ``r = E sign D(x_d)``, the overfitting heuristic r_t of Karras et al. (2020), Section 3.1: 0
    if the critic cannot tell generated from real, 1 if it is sure of all real images. Each :data:`INTERVAL` iterations
    p rises if r was above its target since the last move, and falls if it was below, by the number of real images seen
    over ``1000 kimg``; it stays in [0, 1]. The sign has this meaning for a loss by which the critic's output 0 is
    "cannot tell": not for ``wasserstein`` and ``relativistic``, which do not change if a constant is added to D.

    Attributes:
        adaptive: whether it moves by the critic's outputs.
        p: the probability, a scalar on the device, which no step reads back.

    Args:
        options: the probability, where it goes, and how fast.
    """

    p: Tensor
    signs: Tensor
    images: Tensor
    iterations: Tensor

    def __init__(self, options: AdaOptions) -> None:
        super().__init__()
        self.adaptive = options.p == "adaptive"
        self._first = 0.0 if isinstance(options.p, str) else options.p
        self._final = self._first if options.final is None else options.final
        self._target, self._horizon = options.target, 1000 * options.kimg
        self.register_buffer("p", torch.tensor(float(self._first)))
        self.register_buffer("signs", torch.zeros(()))
        self.register_buffer("images", torch.zeros(()))
        self.register_buffer("iterations", torch.zeros((), dtype=torch.int64))
        self._counted: tuple[int, int, int] | None = None

    def follow(self, way: float) -> None:
        """Set p for this iteration."""
        if not self.adaptive:
            self.p.fill_(self._first + (self._final - self._first) * way)
            return
        count = self._count()
        if count and count % INTERVAL == 0:
            self._move()
        self.iterations += 1
        self._counted = count + 1, id(self.iterations), self.iterations._version

    def observe(self, d_real: Tensor) -> None:
        """Take the critic's outputs on real images, ``(B,)``, into account."""
        if self.adaptive:
            self.signs += d_real.sign().sum()
            self.images += len(d_real)

    def _count(self) -> int:
        """Iterations so far. The buffer is read only if someone else has written it, as a resumed run does, once."""
        if self._counted and self._counted[1:] == (id(self.iterations), self.iterations._version):
            return self._counted[0]
        return int(self.iterations)

    @torch.no_grad()
    def _move(self) -> None:
        signs, images = summed(torch.stack([self.signs, self.images])).unbind()
        r = signs / images.clamp(min=1)
        self.p += (r - self._target).sign() * images / self._horizon
        self.p.clamp_(0, 1)
        self.signs.zero_()
        self.images.zero_()

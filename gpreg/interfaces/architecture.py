"""The architecture: a generator and a critic for samples of one shape."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from gpreg.interfaces.dataset import SampleSpec
from gpreg.interfaces.finding import CheckContext, Finding


class Generator(nn.Module, ABC):
    """A map from latent codes to samples: ``(B, z) [, (B,)] -> (B, *x)``.

    A plain module will do as well: its codes are standard normal, as long as its attribute ``latent_dim``, or that of
    the architecture, says, or else as its first layer accepts.

    Attributes:
        latent_dim: z.
        latent: law of a code's coordinates, independent: ``"normal"`` is N(0, 1), ``"uniform"`` is U(-1, 1).

    >>> class Shift(Generator):
    ...     latent_dim = 2
    ...
    ...     def forward(self, z, labels=None):
    ...         return z + 1
    >>> generator = Shift()
    >>> generator(generator.draw_latent(5, torch.Generator().manual_seed(0))).shape
    torch.Size([5, 2])
    """

    latent_dim: int
    latent: Literal["normal", "uniform"] = "normal"

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """``(n, z)`` codes on the device of ``rng``, from it alone."""
        shape = (n, self.latent_dim)
        if self.latent == "normal":
            return torch.randn(shape, generator=rng, device=rng.device)
        return torch.rand(shape, generator=rng, device=rng.device) * 2 - 1

    @abstractmethod
    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate.

        Args:
            z: ``(B, z)``.
            labels: ``(B,)`` of int64; required if and only if the generator was built for classes.

        Returns:
            ``(B, *x)``, in the architecture's :attr:`Architecture.value_range`.
        """


class Architecture(ABC):
    """A pair of networks. Both are built in float32 on the CPU from torch's global random state.

    They are run once on two samples when they are built, so that one which fails, or makes something of another shape,
    is refused before a run begins.

    >>> class Line(Architecture):
    ...     def generator(self, spec):
    ...         return nn.Linear(8, *spec.shape)
    ...
    ...     def critic(self, spec):
    ...         return nn.Linear(*spec.shape, 1)
    >>> Line().critic(SampleSpec(shape=(2,)))
    Linear(in_features=2, out_features=1, bias=True)
    """

    value_range: ClassVar[tuple[float, float] | None] = None
    """What the generator's outputs span, and so what data is scaled to; ``None``: all reals."""

    @abstractmethod
    def generator(self, spec: SampleSpec) -> nn.Module:
        """The generator: a :class:`Generator`, or a plain module ``(B, z) [, (B,)] -> (B, *x)``.

        Raises:
            UsageError: samples of this shape, or labels, are not possible; says what would be.
        """

    @abstractmethod
    def critic(self, spec: SampleSpec) -> nn.Module:
        """The critic, ``(B, *x) [, (B,)] -> (B,)`` or ``(B, 1)``, the raw output without a squashing function.

        Raises:
            UsageError: as above.
        """

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """The architecture's own evidence on the assumptions of the convergence theorem; by default none."""
        return ()

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

    A plain module will do as well: its codes are standard normal, and their length is the attribute ``latent_dim`` of
    the module or of the architecture, or else the input width of the module's first layer.

    Attributes:
        latent_dim: z, the length of a code.
        latent: law of the independent coordinates of a code: ``"normal"`` is N(0, 1), ``"uniform"`` is U(-1, 1).

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
        """Draw ``(n, z)`` codes on the device of ``rng``, using no other random numbers."""
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

    Each network is tried on two samples when it is built, so that one that fails or has a wrong output shape is refused
    before a run begins.

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
    """The range of the generator's outputs, to which image data are scaled; ``None``: all reals."""

    @abstractmethod
    def generator(self, spec: SampleSpec) -> nn.Module:
        """The generator: a :class:`Generator`, or a plain module ``(B, z) [, (B,)] -> (B, *x)``.

        Raises:
            UsageError: the architecture cannot be built for this shape or for labels; says what would be possible.
        """

    @abstractmethod
    def critic(self, spec: SampleSpec) -> nn.Module:
        """The critic, ``(B, *x) [, (B,)] -> (B,)`` or ``(B, 1)``, the raw output without a squashing function.

        Raises:
            UsageError: as for :meth:`generator`.
        """

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Findings on assumptions of the convergence theorem that only this architecture can make; by default none."""
        return ()

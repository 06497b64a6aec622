"""The GAN loss: the two players' objectives."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from gpreg.interfaces.finding import CheckContext, Finding


@dataclass(frozen=True, kw_only=True)
class ConcaveF:
    """A concave f whose critic maximises ``E_pd f(D) + E_pg f(-D)``; the theory needs its derivatives at 0.

    Attributes:
        f: the function, elementwise; any shape to the same shape.
        slope: f'(0), which must not be 0.
        curvature: f''(0), at most 0. An f with a kink at 0 is not allowed.

    >>> f = ConcaveF(f=torch.nn.functional.logsigmoid, slope=0.5, curvature=-0.25)  # of the minimax loss
    >>> d = torch.zeros((), requires_grad=True)
    >>> f.f(d).backward()
    >>> d.grad.item() == f.slope
    True
    """

    f: Callable[[Tensor], Tensor]
    slope: float
    curvature: float


class GANLoss(ABC):
    """What critic and generator minimise, sample by sample. D is the critic's raw output (logit), never squashed.

    >>> class LeastSquares(GANLoss):
    ...     def critic_loss(self, d_real, d_fake):
    ...         return (d_real - 1) ** 2 + d_fake**2
    ...
    ...     def generator_loss(self, d_fake, d_real=None):
    ...         return (d_fake - 1) ** 2
    >>> LeastSquares().critic_loss(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.0]))
    tensor([0., 1.])
    """

    needs_real: ClassVar[bool] = False
    """Whether :meth:`generator_loss` needs the critic's outputs on real samples (relativistic losses do)."""

    @abstractmethod
    def critic_loss(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """The critic's loss.

        Args:
            d_real: ``(B,)``, outputs on real samples.
            d_fake: ``(B,)``, outputs on fake samples, paired with ``d_real`` by index.

        Returns:
            ``(B,)``; its mean is minimised over the critic's parameters.
        """

    @abstractmethod
    def generator_loss(self, d_fake: Tensor, d_real: Tensor | None = None) -> Tensor:
        """The generator's loss.

        Args:
            d_fake: ``(B,)``, outputs on fake samples.
            d_real: ``(B,)``; given if :attr:`needs_real`, without gradient.

        Returns:
            ``(B,)``; its mean is minimised over the generator's parameters.
        """

    @property
    def concave(self) -> ConcaveF | None:
        """The f, if the critic maximises ``E_pd f(D) + E_pg f(-D)`` for some f; else ``None``."""
        return None

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Findings on assumptions of the convergence theorem that only this loss can make; by default none."""
        return ()

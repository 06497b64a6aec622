"""Losses in which the critic maximises E_pd f(D) + E_pg f(-D) for a concave f: nearly all of them."""

from typing import Literal

from torch import Tensor
from torch.nn.functional import logsigmoid

from gpreg.interfaces import ConcaveF, GANLoss
from gpreg_losses.options import ConcaveOptions


def _linear(t: Tensor) -> Tensor:
    return t


def _least_squares(t: Tensor) -> Tensor:
    return -0.5 * (1 - t).square()


def _hinge(t: Tensor) -> Tensor:
    return -(1 - t).relu()


def _exponential(t: Tensor) -> Tensor:
    return -(-t).exp()


# Functions with names, so that losses can be pickled.

LINEAR = ConcaveF(f=_linear, slope=1.0, curvature=0.0)
"""f(t) = t."""

LOGISTIC = ConcaveF(f=logsigmoid, slope=0.5, curvature=-0.25)
"""f(t) = log sigmoid(t)."""

LEAST_SQUARES = ConcaveF(f=_least_squares, slope=1.0, curvature=-1.0)
"""f(t) = -(1 - t)^2 / 2."""

HINGE = ConcaveF(f=_hinge, slope=1.0, curvature=0.0)
"""f(t) = -max(0, 1 - t); near 0 it is the Wasserstein loss up to a constant."""

EXPONENTIAL = ConcaveF(f=_exponential, slope=1.0, curvature=-1.0)
"""f(t) = -exp(-t)."""

FUNCTIONS = {
    "linear": LINEAR,
    "logistic": LOGISTIC,
    "least-squares": LEAST_SQUARES,
    "hinge": HINGE,
    "exponential": EXPONENTIAL,
}


class ConcaveLoss(GANLoss):
    """Critic: ``-f(D(x_d)) - f(-D(x_g))`` (Kim et al., end of section 4.2; Nagarajan and Kolter 2017).

    Args:
        f: a concave function with its first two derivatives at 0.
        generator: ``saturating``, ``f(-D(x_g))``, minimises what the critic maximises. ``non-saturating``,
            ``-f(D(x_g))``, and ``linear``, ``-D(x_g)``, have the same linearised game if f'(0) = 1, but do not lose
            their gradient when the critic recognises the fakes.
    """

    def __init__(self, f: ConcaveF, generator: Literal["saturating", "non-saturating", "linear"]) -> None:
        self._f, self._generator = f, generator

    @property
    def concave(self) -> ConcaveF:
        """The function f with f'(0) and f''(0)."""
        return self._f

    def critic_loss(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """``-f(D(x_d)) - f(-D(x_g))``, ``(B,)``."""
        return -(self._f.f(d_real) + self._f.f(-d_fake))

    def generator_loss(self, d_fake: Tensor, d_real: Tensor | None = None) -> Tensor:
        """``f(-D(x_g))``, ``-f(D(x_g))`` or ``-D(x_g)``, ``(B,)``."""
        if self._generator == "saturating":
            return self._f.f(-d_fake)
        return -d_fake if self._generator == "linear" else -self._f.f(d_fake)


def wasserstein() -> ConcaveLoss:
    """Critic ``D(x_g) - D(x_d)``, generator ``-D(x_g)`` (Arjovsky et al. 2017)."""
    return ConcaveLoss(LINEAR, "saturating")


def minimax() -> ConcaveLoss:
    """Critic ``-log s(D(x_d)) - log(1 - s(D(x_g)))``, generator ``log(1 - s(D(x_g)))`` (Goodfellow et al. 2014)."""
    return ConcaveLoss(LOGISTIC, "saturating")


def non_saturating() -> ConcaveLoss:
    """As minimax, but the generator minimises ``-log s(D(x_g))`` (Goodfellow et al. 2014, section 3)."""
    return ConcaveLoss(LOGISTIC, "non-saturating")


def hinge() -> ConcaveLoss:
    """Critic ``max(0, 1 - D(x_d)) + max(0, 1 + D(x_g))``, generator ``-D(x_g)`` (Lim and Ye 2017)."""
    return ConcaveLoss(HINGE, "linear")


def least_squares() -> ConcaveLoss:
    """Critic ``(D(x_d) - 1)^2 / 2 + (D(x_g) + 1)^2 / 2``, generator ``(D(x_g) - 1)^2 / 2`` (Mao et al. 2017).

    The labels are -1 and 1, so that the equilibrium critic is 0, as for the other losses.
    """
    return ConcaveLoss(LEAST_SQUARES, "non-saturating")


def concave_f(options: ConcaveOptions) -> ConcaveLoss:
    """The loss of one of the concave f of this file, with one of three generator losses, by name."""
    return ConcaveLoss(FUNCTIONS[options.f], options.generator)  # type: ignore[arg-type] # one of the choices

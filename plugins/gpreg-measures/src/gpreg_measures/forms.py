"""The gradient forms: functions of the critic's gradient g at a point."""

from typing import ClassVar

from torch import Tensor

from gpreg.interfaces import GradientForm
from gpreg_measures.options import CentreOptions, OneSidedOptions, PowerOptions

EPSILON = 1e-20
"""Added to ``|g|^2`` under a square root, so that the derivative at g = 0 is finite; changes norms by 1e-10 at most."""


class Squared(GradientForm):
    """``|g|^2``: the simple gradient penalty (Kim et al., Definition 4). Takes no square root."""

    quadratic: ClassVar[bool] = True

    def __call__(self, grad: Tensor) -> Tensor:
        """``(B, *x) -> (B,)``."""
        return squared_norm(grad)


class OneCentered(GradientForm):
    """``(|g| - c)^2``, with c = 1 in WGAN-GP (Gulrajani et al. 2017).

    Its derivative jumps at g = 0, so that the convergence theorem does not apply to it.
    """

    def __init__(self, options: CentreOptions) -> None:
        self.options = options

    def __call__(self, grad: Tensor) -> Tensor:
        """``(B, *x) -> (B,)``."""
        return (norm(grad) - self.options.centre).square()


class OneSided(GradientForm):
    """``max(0, |g| - b)^2``, with b = 1 in WGAN-LP (Petzka et al. 2018); unsquared, ``max(0, |g| - b)``.

    It is flat around g = 0, so that it damps nothing near an equilibrium.
    """

    def __init__(self, options: OneSidedOptions) -> None:
        self.options = options

    def __call__(self, grad: Tensor) -> Tensor:
        """``(B, *x) -> (B,)``."""
        excess = (norm(grad) - self.options.bound).relu()
        return excess.square() if self.options.squared else excess


class Power(GradientForm):
    """``k |g|^p`` (WGAN-div, Wu et al. 2018, with k = 2, p = 6).

    For p > 2 its curvature at g = 0 is zero, so that it damps nothing near an equilibrium to first order.
    """

    def __init__(self, options: PowerOptions) -> None:
        self.options = options

    def __call__(self, grad: Tensor) -> Tensor:
        """``(B, *x) -> (B,)``."""
        return self.options.k * (squared_norm(grad) + EPSILON) ** (self.options.p / 2)


def squared_norm(grad: Tensor) -> Tensor:
    """``|g|^2`` over all axes but the first: ``(B, *x) -> (B,)``."""
    return grad.square().flatten(1).sum(1)


def norm(grad: Tensor) -> Tensor:
    """``sqrt(|g|^2 + EPSILON)`` over all axes but the first: ``(B, *x) -> (B,)``."""
    return (squared_norm(grad) + EPSILON).sqrt()

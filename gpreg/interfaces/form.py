"""The gradient form: what is penalised at a point."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor


class GradientForm(ABC):
    """A function of the critic's gradient g at one point, e.g. ``|g|^2``.

    It is differentiable with respect to g, and finite with finite derivatives at g = 0: a form that takes a square
    root puts an epsilon inside it. The norm is that of each sample's whole gradient, over all axes but the first.

    >>> class Squared(GradientForm):
    ...     quadratic = True
    ...
    ...     def __call__(self, grad):
    ...         return grad.flatten(1).square().sum(1)
    >>> Squared()(torch.ones(4, 3, 2, 2))
    tensor([12., 12., 12., 12.])
    """

    radial: ClassVar[bool] = True
    """Whether the form depends on g only through its Euclidean norm, as finite differences require."""

    quadratic: ClassVar[bool] = False
    """Whether the form is a multiple of ``|g|^2``; else finite differences along random directions are biased."""

    @abstractmethod
    def __call__(self, grad: Tensor) -> Tensor:
        """Evaluate the form, sample by sample.

        Args:
            grad: ``(B, *x)``, in float32 or float64.

        Returns:
            ``(B,)``.
        """

"""How the gradients of a batch become norms, and the norms one number: the right way, and the known wrong ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """A norm over some axes of the gradient ``(B, *x)``, and the mean or sum of the form of these norms.

    Attributes:
        axes: the axes of the norm; 0 is the batch.
        total: whether the form's values are summed instead of averaged.
        scaled: whether the norm is divided by the root of the number of its entries.
        divided: whether the gradients are those of the batch's mean, each divided by the number of samples.
        averaged: whether the norms of a batch are averaged before the form is taken.
    """

    axes: tuple[int, ...]
    total: bool = False
    scaled: bool = False
    divided: bool = False
    averaged: bool = False

    def right(self, ndim: int) -> bool:
        """Whether it is the mean over the batch of each sample's own norm."""
        return self.axes == tuple(range(1, ndim)) and not (self.total or self.scaled or self.divided or self.averaged)

    def norms(self, grad: Tensor) -> Tensor:
        """``(B, *x) -> (M,)``, differentiable where the norms are not 0."""
        squares = (grad / len(grad) if self.divided else grad).square()
        if self.axes:
            squares = squares.mean(self.axes) if self.scaled else squares.sum(self.axes)
        flat = squares.reshape(-1)
        norms = torch.where(flat > 0, flat, torch.ones_like(flat)).sqrt() * (flat > 0)
        return norms.mean(0, keepdim=True) if self.averaged else norms

    def gathered(self, values: Tensor) -> Tensor:
        """The values ``(M,)`` of a form as one number."""
        return values.sum() if self.total else values.mean()

    def defect(self, ndim: int) -> str | None:
        """The name of what is wrong with it."""
        if self.right(ndim):
            return None
        if 0 in self.axes or self.divided or self.averaged or (self.total and self.axes == tuple(range(1, ndim))):
            return "whole-batch-norm"
        return "per-pixel-norm"

    def told(self, shape: tuple[int, ...]) -> str:
        """In words, for samples of this shape."""
        ndim = len(shape) + 1
        if 0 in self.axes:
            rest = [axis for axis in range(ndim) if axis not in self.axes]
            told = "one norm is taken over the whole batch" if not rest else f"the norm is taken over axes {self.axes}"
            return told + ", the batch among them" * bool(rest)
        if self.axes == tuple(range(1, ndim)):
            if self.divided:
                return "the mean over the batch is differentiated, so that each sample's gradient is divided by B"
            if self.scaled:
                return "the squares are averaged over the coordinates of a sample, not summed"
            wrong = (
                "form is taken of the mean norm of the batch" if self.averaged else "values are summed over the batch"
            )
            return f"the {wrong}, not of each sample's own norm" if self.averaged else f"the {wrong}, not averaged"
        if not self.axes:
            return "each element of the gradient is penalised by itself"
        left = [axis for axis in range(1, ndim) if axis not in self.axes]
        what = "pixel" if self.axes == (1,) and ndim > 2 else "channel" if left == [1] else f"index of axes {left}"
        return f"the norm is taken over axes {list(self.axes)} only, one norm per {what}"


def reductions(ndim: int) -> Iterator[Reduction]:
    """The right reduction first, then wrong ones, the commoner ones first."""
    own = tuple(range(1, ndim))
    everything = (0, *own)
    yield Reduction(axes=own)
    yield Reduction(axes=everything)
    yield Reduction(axes=own, total=True)
    yield Reduction(axes=own, divided=True)
    yield Reduction(axes=own, averaged=True)
    if ndim > 2:
        yield Reduction(axes=(1,))
    subsets = [
        tuple(axis for axis in range(ndim) if mask >> axis & 1) for mask in sorted(range(2**ndim), key=int.bit_count)
    ]
    rest = [axes for axes in subsets if axes not in (own, everything, (1,) if ndim > 2 else own)]
    yield from (Reduction(axes=axes) for axes in rest if 0 not in axes)
    yield Reduction(axes=own, scaled=True)
    yield Reduction(axes=everything, scaled=True)
    yield from (Reduction(axes=axes) for axes in rest if 0 in axes)
    yield from (Reduction(axes=axes, total=True) for axes in ((1,), *rest) if 0 not in axes and axes != own)

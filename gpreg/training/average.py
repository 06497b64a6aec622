"""The exponential moving average of a generator."""

import copy

import torch
from torch import Tensor

from gpreg.interfaces import Generator


class Average:
    """``average <- d * average + (1 - d) * generator`` after each generator update, ``d = 2^(-n / halflife)``.

    n is the number of images that a generator update sees, so that the average forgets at the same pace whatever the
    batch size: a half-life of one thousand images is the same in steps of 10 and of 100.

    Args:
        generator: whose copy it is at the start.
        images: that each update sees, over all processes.
        halflife_kimg: thousands of images after which a weight counts half.
        buffers: average floating-point buffers (batch-norm statistics) too; otherwise they are copied. Others always
            are.
    """

    def __init__(self, generator: Generator, *, images: int, halflife_kimg: float, buffers: bool = True) -> None:
        self.generator = copy.deepcopy(generator).requires_grad_(False)
        self.decay: float = 0.5 ** (images / (1000 * halflife_kimg))
        own, source = dict(self.generator.named_buffers()), dict(generator.named_buffers())
        averaged = [name for name, buffer in own.items() if buffers and buffer.is_floating_point()]
        self._own = [p.data for p in self.generator.parameters()] + [own[name] for name in averaged]
        self._source = [p.data for p in generator.parameters()] + [source[name] for name in averaged]
        self._copied = [(own[name], source[name]) for name in own if name not in averaged]

    @torch.no_grad()
    def update(self) -> None:
        """Follow the generator by one update."""
        _lerp(self._own, self._source, 1 - self.decay)
        for own, source in self._copied:
            own.copy_(source)


def _lerp(own: list[Tensor], towards: list[Tensor], weight: float) -> None:
    """All tensors in one call, as torch's own averages do it: on a GPU one kernel instead of hundreds."""
    torch._foreach_lerp_(own, towards, weight)

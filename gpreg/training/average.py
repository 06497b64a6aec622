"""The exponential moving average of a generator."""

import copy
import math
from collections.abc import Iterable

import torch
from torch import Tensor

from gpreg.critics.calls import preserved_buffers
from gpreg.interfaces import Constraint, Generator
from gpreg.recipe import AverageSettings


class Average:
    """``average <- d * average + (1 - d) * generator`` after each generator update, ``d = 2^(-n / halflife)``.

    n is the number of images that a generator update sees, so that the average forgets at the same pace whatever the
    batch size: a half-life of one thousand images is the same in steps of 10 and of 100.

    With a warm-up of ``w`` thousand images the half-life grows: after N images it is its value times ``t`` (linear) or
    ``(1 - cos(pi t)) / 2`` (cosine), ``t = min(N / (1000 w), 1)``. The first update then copies the generator, and
    early weights, which are far from the later ones, are soon forgotten.

    Sources of the warm-up: linear, Karras et al. (2020), StyleGAN2-ADA, whose ramp-up r is ``w = halflife / r``;
    cosine, the reference code of Huang et al. (2024), R3GAN.

    Args:
        generator: the generator, of which the average is a copy at the start.
        images: number of images in each generator update, over all processes.
        settings: half-life, above 0, and warm-up; whether floating-point buffers (batch-norm statistics) are averaged
            too, or copied. Other buffers are always copied.
        constraints: what the generator's weights obey. So does the average, although the mean of two orthogonal
            matrices is not orthogonal, and that of their singular vectors not one of their mean.
    """

    def __init__(
        self,
        generator: Generator,
        *,
        images: int,
        settings: AverageSettings,
        constraints: Iterable[Constraint] = (),
    ) -> None:
        self.generator = copy.deepcopy(generator).requires_grad_(False)
        self._images, self._settings, self._constraints = images, settings, tuple(constraints)
        averages, source = dict(self.generator.named_buffers()), dict(generator.named_buffers())
        averaged = [name for name, buffer in averages.items() if settings.buffers and buffer.is_floating_point()]
        self._averages = [p.data for p in self.generator.parameters()] + [averages[name] for name in averaged]
        self._source = [p.data for p in generator.parameters()] + [source[name] for name in averaged]
        self._copied = [(averages[name], source[name]) for name in averages if name not in averaged]

    def decay(self, step: int) -> float:
        """The factor d of the old average in the update after a generator step, counted from 0."""
        settings, kimg = self._settings, step * self._images / 1000
        halflife = settings.halflife_kimg
        if kimg < settings.warmup_kimg:
            t = kimg / settings.warmup_kimg
            halflife *= t if settings.warmup == "linear" else (1 - math.cos(math.pi * t)) / 2
        return float(0.5 ** (self._images / (1000 * halflife))) if halflife else 0.0

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Update the average after a generator step, counted from 0."""
        _lerp(self._averages, self._source, 1 - self.decay(step))
        for kept, source in self._copied:
            kept.copy_(source)
        for constraint in self._constraints:
            with preserved_buffers(constraint):  # what it remembers is of the generator
                constraint(self.generator)


def _lerp(averages: list[Tensor], towards: list[Tensor], weight: float) -> None:
    """Move all averages in one call, as torch's averages do: on a GPU one kernel instead of hundreds."""
    torch._foreach_lerp_(averages, towards, weight)

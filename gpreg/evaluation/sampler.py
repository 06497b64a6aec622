"""Draw samples from a generator, batch by batch."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from gpreg.critics.calls import evaluating
from gpreg.evaluation.labels import LabelLaw
from gpreg.interfaces import Batch, Generator, SampleSpec

BATCH = 256
"""How many samples are generated at once by default."""


class Sampler:
    """Draws from a generator.

    Args:
        generator: the generator; it is in evaluation mode only while samples are drawn.
        spec: the samples that it was built for.
        batch: number of samples generated at once.
        labels: the law of the labels; ``None``: uniform, if the spec has classes.
    """

    def __init__(
        self, generator: Generator, spec: SampleSpec, batch: int = BATCH, *, labels: LabelLaw | None = None
    ) -> None:
        self.generator, self.spec, self._batch = generator, spec, batch
        self.labels = labels or (None if spec.classes is None else LabelLaw(classes=spec.classes))

    def draw(self, n: int, rng: torch.Generator) -> Iterator[Tensor]:
        """Draw ``n`` samples in batches ``(b, *x)`` in float32 on the device of ``rng``, using no other randomness."""
        for batch in self.batches(n, rng):
            yield batch.samples

    def batches(self, n: int, rng: torch.Generator, labels: Tensor | None = None) -> Iterator[Batch]:
        """The same samples as :meth:`draw`, with their labels, which are given as ``(n,)`` or drawn.

        Batches are as equal in size as possible, and never consist of one sample, for which a generator that
        normalises over its batch gives no sensible output.
        """
        parts, done = -(-n // self._batch), 0
        for part in range(parts):
            size = n // parts + (part < n % parts)
            z = self.generator.draw_latent(max(size, 2), rng)
            if labels is None:
                y = self.draw_labels(len(z), rng)
            else:
                y = labels[done : done + size].to(z.device)
                y = y.expand(2) if len(z) > size else y
            done += size
            yield Batch(self.generate(z, y)[:size], None if y is None else y[:size])

    def only(self, labels: Iterable[int]) -> "Sampler":
        """A sampler that draws only some classes; without classes, the same sampler."""
        assert self.labels is not None
        return Sampler(self.generator, self.spec, self._batch, labels=self.labels.only(labels))

    def draw_labels(self, n: int, rng: torch.Generator) -> Tensor | None:
        """``(n,)`` labels; ``None`` without classes."""
        return None if self.labels is None else self.labels.draw(n, rng)

    @torch.no_grad()
    def generate(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """The samples ``(b, *x)`` in float32 that the generator makes from codes ``(b, z)``."""
        with evaluating(self.generator):
            samples: Tensor = self.generator(z) if labels is None else self.generator(z, labels)
        return samples.float()

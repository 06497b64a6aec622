"""Samples of a generator, a few at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from gpreg.evaluation.labels import LabelLaw
from gpreg.interfaces import Batch, Generator, SampleSpec

BATCH = 256
"""Samples that are generated at once."""


class Sampler:
    """Draws from a generator.

    Args:
        generator: in evaluation mode while it draws, and as it was afterwards.
        spec: what it was built for.
        batch: samples generated at once.
        labels: their law; ``None``: uniform, if the spec has classes.
    """

    def __init__(
        self, generator: Generator, spec: SampleSpec, batch: int = BATCH, *, labels: LabelLaw | None = None
    ) -> None:
        self.generator, self.spec, self._batch = generator, spec, batch
        self.labels = labels or (None if spec.classes is None else LabelLaw(classes=spec.classes))

    def draw(self, n: int, rng: torch.Generator) -> Iterator[Tensor]:
        """``n`` samples in batches ``(b, *x)`` in float32 on the device of ``rng``, from it alone."""
        for batch in self.batches(n, rng):
            yield batch.samples

    def batches(self, n: int, rng: torch.Generator, labels: Tensor | None = None) -> Iterator[Batch]:
        """The same samples with the labels that they were generated for: given ones ``(n,)``, or drawn.

        Batches are as equal as can be, and never of one sample: a generator that normalises over its batch would
        make nothing of it.
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
        """The same, of some classes alone. A sampler without classes has none to choose from."""
        assert self.labels is not None
        return Sampler(self.generator, self.spec, self._batch, labels=self.labels.only(labels))

    def draw_labels(self, n: int, rng: torch.Generator) -> Tensor | None:
        """``(n,)`` labels; ``None`` without classes."""
        return None if self.labels is None else self.labels.draw(n, rng)

    @torch.no_grad()
    def generate(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """The samples of given codes ``(b, z)``: ``(b, *x)`` in float32."""
        with evaluating(self.generator):
            samples: Tensor = self.generator(z) if labels is None else self.generator(z, labels)
        return samples.float()


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode for a while."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode

"""The critic's generalization gap: whether it rates training samples higher than held-out ones."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gpreg.critics.calls import critic_outputs, evaluating
from gpreg.evaluation.sampler import BATCH
from gpreg.interfaces import Batch, Data


@dataclass(frozen=True, kw_only=True)
class CriticGap:
    """``mean D(training samples) - mean D(held-out samples)``, on the same samples each time.

    It is near 0 for a critic that generalizes, and positive for one that has memorised its training samples. Divided
    by the standard deviation of D over both sets, it can be compared between critics of different scale.

    Source: Thanh-Tung, Tran and Venkatesh (2019), section 3: performance on the training set against a held-out one.

    Attributes:
        training, held_out: the samples.
        conditional: whether the critic sees labels.
    """

    training: Batch
    held_out: Batch
    conditional: bool

    @classmethod
    def of(cls, training: Data, held_out: Data, n: int, *, rng: torch.Generator, conditional: bool) -> "CriticGap":
        """Draw ``n`` samples of each split, or all if there are fewer."""
        taken = [data.take(min(n, data.size or n), rng=rng) for data in (training, held_out)]
        return cls(training=taken[0], held_out=taken[1], conditional=conditional)

    @torch.no_grad()
    def __call__(self, critic: nn.Module) -> dict[str, float]:
        """``critic_gap``, and ``critic_gap_std`` in units of the standard deviation of D."""
        with evaluating(critic):
            training, held_out = (self._outputs(critic, batch) for batch in (self.training, self.held_out))
        gap = training.mean() - held_out.mean()
        std = torch.cat([training, held_out]).std()
        return {"critic_gap": float(gap), "critic_gap_std": float(gap / std) if std > 0 else 0.0}

    def _outputs(self, critic: nn.Module, batch: Batch) -> Tensor:
        labels = batch.labels if self.conditional and batch.labels is not None else None
        parts = batch.samples.split(BATCH)
        of = [None] * len(parts) if labels is None else labels.split(BATCH)
        return torch.cat([critic_outputs(critic, x, y).double() for x, y in zip(parts, of, strict=True)])

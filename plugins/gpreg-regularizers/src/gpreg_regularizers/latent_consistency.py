"""Latent consistency regularization (zCR)."""

import torch
from torch import Tensor

from gpreg.critics.calls import preserved_buffers
from gpreg.interfaces import Term, TermBatch, TermPair
from gpreg.penalties.autocast import at_least_float32
from gpreg_regularizers.calls import generated, judged
from gpreg_regularizers.options import LatentConsistencyOptions


class SameOutputs(Term):
    """``weight E (D(G(z)) - D(G(z + d)))^2`` with ``d ~ N(0, sigma^2 I)``: the critic does not see the step.

    Args:
        weight: the weight.
        sigma: standard deviation of d.
    """

    needs = frozenset({"d_fake"})

    def __init__(self, *, weight: float, sigma: float) -> None:
        super().__init__()
        self._weight, self._sigma = weight, sigma

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, by one further forward pass of each network."""
        with torch.no_grad(), preserved_buffers(batch.generator):
            near = generated(batch.generator, _stepped(batch, self._sigma), batch.fake_labels)
        difference: Tensor = batch.d_fake - judged(batch.critic, near, batch.fake_labels)
        return self._weight * difference.square().mean()


class OtherSamples(Term):
    """``-weight E |G(z) - G(z + d)|^2 / n`` with ``d ~ N(0, sigma^2 I)`` and n numbers a sample: the samples differ.

    Args:
        weight: the weight.
        sigma: standard deviation of d.
    """

    player = "generator"

    def __init__(self, *, weight: float, sigma: float) -> None:
        super().__init__()
        self._weight, self._sigma = weight, sigma

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, by one further forward pass of the generator."""
        near = generated(batch.generator, _stepped(batch, self._sigma), batch.fake_labels)
        difference = at_least_float32(batch.fake) - at_least_float32(near)
        return -self._weight * difference.square().mean()


def latent_consistency(options: LatentConsistencyOptions) -> TermPair:
    """The critic's term :class:`SameOutputs` and the generator's :class:`OtherSamples`.

    Zhao, Singh, Lee, Zhang, Odena and Zhang (2021), Improved Consistency Regularization for GANs, Algorithm 2. The
    squared distance of two samples is the mean over their numbers, as in StudioGAN, so that the weight does not depend
    on the size of images.
    """
    return TermPair(
        critic=SameOutputs(weight=options.critic_weight, sigma=options.sigma),
        generator=OtherSamples(weight=options.generator_weight, sigma=options.sigma),
    )


def _stepped(batch: TermBatch, sigma: float) -> Tensor:
    """``z + d``, ``(B, z)``."""
    z: Tensor = batch.latent
    return z + sigma * torch.randn(z.shape, generator=batch.rng, device=z.device, dtype=z.dtype)

"""The 0-GP paper's better path: interpolate codes, not samples."""

from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from gpreg.interfaces import CheckContext, Finding, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need
from gpreg.penalties.critics import preserved_buffers
from gpreg.theory.checks.draws import FEWEST, Points, flat
from gpreg.theory.checks.neighbours import MARGIN, TRUSTED_DIMENSION, outside
from gpreg.theory.checks.operations import unknown
from gpreg.theory.networks.players import GeneratorPlayer
from gpreg_measures.interpolates import uniform
from gpreg_measures.options import LatentPathOptions

EXACT = 1e-3
"""Up to this error, relative to the size of the codes, an encoder is the generator's inverse."""


class LatentPath(PenaltyMeasure):
    """x = G(a E(x_d) + (1 - a) z) with a ~ U(0, 1) (Thanh-Tung et al. 2019, appendix F, Algorithm 1). Mass 1.

    The paper asks for an encoder E "trained to map real data to normally distributed latent codes" and does not say
    how. Here E minimises ``E |E(G(z)) - z|^2 / dim z`` over fakes, which makes it an inverse of G, plus, with a weight,
    the squared distance of the first two moments of ``E(x_d)``, coordinate by coordinate, from those of the latent
    codes in the batch.

    The encoder sees gradients of its own loss only. The generator runs in the mode that it is in, and what that does
    to its running statistics is undone.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"real", "fake", "latent", "generator"})
    encoder: nn.Module

    def __init__(self, options: LatentPathOptions) -> None:
        super().__init__()
        self.options = options

    def prepare(self, batch: PenaltyBatch) -> None:
        """Make an encoder for samples and codes of these shapes."""
        with torch.random.fork_rng([]):
            torch.manual_seed(self.options.seed)
            self.encoder = encoder(tuple(batch.real.shape[1:]), batch.latent.shape[1], self.options.width)
        self.encoder.to(device=batch.real.device, dtype=batch.real.dtype)

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """One point on each path in sample space."""
        a = uniform(batch.latent, batch.rng)
        codes = a * self.encoder(batch.real).to(batch.latent) + (1 - a) * batch.latent
        points = batch.generator(codes) if batch.labels is None else batch.generator(codes, batch.labels)
        return PenaltySample(points=points.to(batch.real), labels=batch.labels)

    def check(self, context: CheckContext) -> Iterable[Finding]:
        """Assumptions 5a and 5c at an equilibrium whose encoder inverts the generator.

        Such an encoder is where its loss is smallest, so that it stays; the codes of real data are then codes of the
        latent law, and the points are p_g's where the paths between codes do not leave that law's support. What is left
        is that G is continuous in theta, which its operations show.
        """
        if not context.simple or context.point != "equilibrium" or not isinstance(context.batch.generator, nn.Module):
            return
        batches = context.batch, context.second_batch
        error = max(self._inversion(batch) for batch in batches)
        if error > EXACT or not _continuous(context.batch):
            return
        lead = f"the encoder inverts the generator to within {error:.1g} of the codes' size, on both batches"
        yield Finding(
            assumption="5a",
            verdict="holds",
            basis="measured",
            evidence=f"{lead}: its loss is at its minimum, so that it stays there; and the generator's operations are "
            "all continuous, so that mu tends to mu* with theta",
            statistics={"inversion": error},
        )
        codes = [self._codes(batch) for batch in batches]
        latents = [flat(batch.latent) for batch in batches]
        if latents[0].shape[1] > TRUSTED_DIMENSION or min(map(len, latents)) < FEWEST:
            return
        found = [outside(own, *np.array_split(other, 2)) for own, other in zip(codes, latents[::-1], strict=True)]
        if all(own.farthest <= MARGIN * own.radius for own in found):
            yield Finding(
                assumption="5c",
                verdict="holds",
                basis="measured",
                evidence=f"{lead}, and none of {len(codes[0])} and {len(codes[1])} codes on the paths leaves the "
                "effective support of the latent law: every point is in p_g's support, which tends to S because the "
                "generator's operations are all continuous",
                statistics={"inversion": error, "farthest": [own.farthest for own in found]},
            )

    @torch.no_grad()
    def _inversion(self, batch: PenaltyBatch) -> float:
        """The largest ``|E(G(z)) - z|`` relative to the root mean square of ``|z|``."""
        with preserved_buffers(batch.generator), preserved_buffers(self.encoder):
            labels = batch.labels_of_fake
            fake = batch.generator(batch.latent) if labels is None else batch.generator(batch.latent, labels)
            codes = self.encoder(fake.to(batch.real)).to(batch.latent)
        size = batch.latent.square().sum(1).mean().sqrt()
        return float((codes - batch.latent).norm(dim=1).max() / size.clamp_min(1e-300))

    @torch.no_grad()
    def _codes(self, batch: PenaltyBatch) -> Points:
        """Codes on the paths, several for each pair of a real sample and a latent code."""
        with preserved_buffers(self.encoder):
            ends = self.encoder(batch.real).to(batch.latent)
        shares = torch.linspace(0, 1, 9).to(batch.latent)
        return flat(torch.cat([a * ends + (1 - a) * batch.latent for a in shares]))

    def auxiliary_loss(self, batch: PenaltyBatch) -> Tensor:
        """The encoder's loss, a scalar."""
        inversion = (self.encoder(batch.fake) - batch.latent).square().mean()
        codes = self.encoder(batch.real)
        mean = (codes.mean(0) - batch.latent.mean(0)).square().mean()
        spread = (codes.std(0, correction=0) - batch.latent.std(0, correction=0)).square().mean()
        loss: Tensor = inversion + self.options.moments * (mean + spread)
        return loss


def _continuous(batch: PenaltyBatch) -> bool:
    """Whether the generator is made of operations that are known to be continuous, each sample by itself."""
    maker = GeneratorPlayer(batch.generator)
    labels = None if batch.labels_of_fake is None else batch.labels_of_fake[:8]
    return not maker.couples and not unknown(maker.network, maker.own(batch.latent[:8]), labels)


def encoder(shape: tuple[int, ...], latent_dim: int, width: int) -> nn.Module:
    """``(B, *x) -> (B, z)``: three hidden layers for vectors; for images, stride-2 convolutions down to 4 x 4 or so."""
    if len(shape) == 1:
        widths = (shape[0], width, width, width)
        hidden = [layer for i, o in pairwise(widths) for layer in (nn.Linear(i, o), nn.ReLU())]
        return nn.Sequential(*hidden, nn.Linear(width, latent_dim))
    channels, height, breadth = shape
    layers: list[nn.Module] = []
    while min(height, breadth) > 4:
        layers += [nn.Conv2d(channels, width, 5, stride=2, padding=2), nn.LeakyReLU(0.2)]
        channels, height, breadth = width, (height + 1) // 2, (breadth + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * height * breadth, latent_dim))

"""The 0-GP paper's better paths: images of segments between latent codes, not between samples."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need
from gpreg_measures.interpolates import uniform
from gpreg_measures.options import LatentPathOptions


class LatentPath(PenaltyMeasure):
    """x = G(a E(x_d) + (1 - a) z) with a ~ U(0, 1) (Thanh-Tung et al. 2019, appendix F, Algorithm 1). Mass 1.

    The paper asks for an encoder E "trained to map real data to normally distributed latent codes" and does not say
    how. Here E minimises ``E |E(G(z)) - z|^2 / dim z`` over fakes, which makes it an inverse of G, plus, with a weight,
    the squared distance of the first two moments of ``E(x_d)``, coordinate by coordinate, from those of the latent
    codes in the batch.

    Only this loss has gradients by the encoder's parameters. The generator runs in its current mode, and its running
    statistics are restored afterwards.
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

    def path_encoder(self) -> nn.Module | None:
        """E; ``None`` before :meth:`prepare`."""
        return getattr(self, "encoder", None)

    def auxiliary_loss(self, batch: PenaltyBatch) -> Tensor:
        """The encoder's loss, a scalar."""
        inversion = (self.encoder(batch.fake) - batch.latent).square().mean()
        codes = self.encoder(batch.real)
        mean = (codes.mean(0) - batch.latent.mean(0)).square().mean()
        spread = (codes.std(0, correction=0) - batch.latent.std(0, correction=0)).square().mean()
        loss: Tensor = inversion + self.options.moments * (mean + spread)
        return loss


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

"""Convolutional networks after DCGAN, as in the reference code of Gulrajani et al. (2017)."""

import math
from itertools import pairwise
from typing import ClassVar

from torch import nn

from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg_architectures.initialisation import glorot_linear, he
from gpreg_architectures.normalisation import EPSILON, BatchNorm1d
from gpreg_architectures.options import DCGANOptions
from gpreg_architectures.padding import Crop, SameConv2d, SameConvTranspose2d
from gpreg_architectures.shapes import image_shape, without_labels
from gpreg_architectures.unconditional import UnconditionalCritic, UnconditionalGenerator


class DCGAN(Architecture):
    """5x5 convolutions of stride 2 with SAME padding, as in ``gan_cifar.py``: 32x32 goes to 16, 8, 4 and back.

    Half of an odd size is rounded up, 7 to 4, and the generator crops after doubling, 8 to 7, as ``gan_mnist.py`` does
    with 28x28. So any size of at least ``2**levels`` is possible.
    """

    name: ClassVar[str] = "dcgan"
    value_range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    squash: ClassVar[type[nn.Module]] = nn.Tanh
    """The last function of the generator, from all reals to :attr:`value_range`."""

    def __init__(self, options: DCGANOptions) -> None:
        self.options = options

    def generator(self, spec: SampleSpec) -> Generator:
        """Linear, then a transposed convolution for each level, with batch normalisation and ReLU; the last squashed.

        Raises:
            UsageError: the samples are no images of 1 to 4 channels, are too small, or have classes.
        """
        channels, sizes, widths = self._levels(spec)
        coarsest, *finer = reversed(sizes)
        features, latent_dim = widths[-1] * math.prod(coarsest), self.options.latent_dim
        running = not self.options.batch_statistics_when_sampling
        normalised = self.options.generator_batch_norm

        layers: list[nn.Module] = [glorot_linear(latent_dim, features)]
        if normalised:  # each feature by itself, before features become channels
            layers.append(BatchNorm1d(features, track_running_stats=running))
        layers += [nn.ReLU(), nn.Unflatten(1, (widths[-1], *coarsest))]
        for (wide, narrow), size in zip(pairwise(reversed(widths)), finer[:-1], strict=True):
            layers.append(he(SameConvTranspose2d(wide, narrow, kernel=5, stride=2)))
            if normalised:
                layers.append(nn.BatchNorm2d(narrow, eps=EPSILON, track_running_stats=running))
            layers += [nn.ReLU(), Crop(size)]
        layers += [he(SameConvTranspose2d(widths[0], channels, kernel=5, stride=2)), self.squash(), Crop(finer[-1])]
        return UnconditionalGenerator(latent_dim, nn.Sequential(*layers))

    def critic(self, spec: SampleSpec) -> nn.Module:
        """A convolution with leaky ReLU (slope 0.2) for each level, then linear.

        Raises:
            UsageError: as for :meth:`generator`.
        """
        channels, sizes, widths = self._levels(spec)
        layers: list[nn.Module] = []
        for narrow, wide in pairwise((channels, *widths)):
            layers.append(he(SameConv2d(narrow, wide, kernel=5, stride=2)))
            if self.options.critic_batch_norm and layers[:-1]:  # not after the first convolution
                layers.append(nn.BatchNorm2d(wide, eps=EPSILON))
            layers.append(nn.LeakyReLU(0.2))
        return UnconditionalCritic(
            nn.Sequential(*layers, nn.Flatten(), glorot_linear(widths[-1] * math.prod(sizes[-1]), 1))
        )

    def _levels(self, spec: SampleSpec) -> tuple[int, list[tuple[int, int]], list[int]]:
        """Channels of an image; sizes from fine to coarse, beginning with the image; widths of all other levels."""
        without_labels(spec, owner=self.name)
        levels = self.options.levels
        smallest = 2**levels
        channels, height, width = image_shape(
            spec,
            owner=self.name,
            sizes=f"{smallest}x{smallest} pixels or more (2 to the power of its option 'levels')",
            fits=lambda height, width: min(height, width) >= smallest,
        )
        sizes = [(-(-height // 2**level), -(-width // 2**level)) for level in range(levels + 1)]
        return channels, sizes, [self.options.width * 2**level for level in range(levels)]


class MNISTDCGAN(DCGAN):
    """The networks of ``gan_mnist.py``: half as wide, without batch normalisation, 28x28 goes to 14, 7, 4 and back."""

    name = "dcgan-mnist"
    value_range = (0.0, 1.0)
    squash = nn.Sigmoid

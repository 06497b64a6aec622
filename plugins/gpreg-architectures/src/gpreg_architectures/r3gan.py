"""The networks of R3GAN: Huang, Gokaslan, Kuleshov and Tompkin (2024), *The GAN is dead; long live the GAN!*.

A stage is one resolution; there is one for each power of two from 4x4 to the image's. Both networks are the same
stages, in opposite orders, without normalisation, attention, or a squashing function at the end.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from gpreg.errors import UsageError
from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg_architectures.conditioning import matched_labels
from gpreg_architectures.options import R3GANOptions
from gpreg_architectures.r3gan_blocks import (
    EXPANSION,
    Conv2d,
    DiscriminativeBasis,
    GenerativeBasis,
    LabelMap,
    ResidualBlock,
    residual_gain,
    scaled,
    transition_down,
    transition_up,
)
from gpreg_architectures.shapes import image_shape

WIDEST = 4
"""How many stages, from 4x4 to 32x32, have the full width; the width of each finer one is half of the one before."""


class R3GAN(Architecture):
    """Residual stages of two blocks, whose generator's images are not bounded."""

    name = "r3gan"

    def __init__(self, options: R3GANOptions) -> None:
        self.options = options

    def generator(self, spec: SampleSpec) -> Generator:
        """The code times a learned 4x4 basis; the stages from coarse to fine; 1x1 convolution to the channels.

        Raises:
            UsageError: the samples are no square images of 1 to 4 channels whose side is a power of two, 4 or more; or
                the options are for another number of stages, or groups do not divide the channels.
        """
        channels, widths = self._shape(spec)
        return R3GANGenerator(channels, widths, spec.classes, self.options)

    def critic(self, spec: SampleSpec) -> nn.Module:
        """1x1 convolution from the channels; the stages from fine to coarse; the product with a learned 4x4 basis.

        Raises:
            UsageError: as for :meth:`generator`.
        """
        channels, widths = self._shape(spec)
        return R3GANCritic(channels, widths, spec.classes, self.options)

    def _shape(self, spec: SampleSpec) -> tuple[int, tuple[int, ...]]:
        """The image's channels, and the widths of the stages from coarse to fine."""
        channels, size, _ = image_shape(
            spec,
            owner=self.name,
            sizes="equal height and width, a power of two from 4 up",
            fits=lambda height, width: height == width >= 4 and height.bit_count() == 1,
        )
        stages = int(math.log2(size // 4)) + 1
        widths = self.options.widths or self._halving(stages)
        if len(widths) != stages:
            raise UsageError(
                f"widths = {list(widths)} are those of {len(widths)} stages, and images of {size}x{size} have {stages}",
                remedy=f"give {stages} widths, from 4x4 to {size}x{size}, or width alone",
            )
        for width in widths:
            self._check_groups(EXPANSION * width)
        if self.options.bf16_stages >= stages:
            raise UsageError(
                f"bf16_stages = {self.options.bf16_stages}, and images of {size}x{size} have {stages} stages, of which "
                "that of 4x4 is always in float32",
                remedy=f"choose {stages - 1} or less",
            )
        return channels, widths

    def _halving(self, stages: int) -> tuple[int, ...]:
        return tuple(max(self.options.width >> max(stage + 1 - WIDEST, 0), 1) for stage in range(stages))

    def _check_groups(self, hidden: int) -> None:
        of_group = self.options.group_width
        if hidden > of_group and hidden % of_group:
            near = max(size for size in range(1, of_group) if hidden % size == 0)
            raise UsageError(
                f"group_width = {of_group} does not divide the {hidden} channels inside a block {hidden // EXPANSION} "
                "wide",
                remedy=f"choose {near}, or widths that are multiples of {of_group}",
            )


class R3GANGenerator(Generator):
    """``(B, z) [, (B,)] -> (B, c, h, w)``, of any values.

    With classes the code is ``(z, E y)``, with the label y as a unit vector; E y is not normalised.

    Args:
        channels: c.
        widths: of the stages, from coarse to fine.
        classes: number of labels, or ``None``.
        options: the architecture's.
    """

    def __init__(self, channels: int, widths: Sequence[int], classes: int | None, options: R3GANOptions) -> None:
        super().__init__()
        self.latent_dim, self.classes = options.latent_dim, classes
        self.embedding = None if classes is None else LabelMap(classes, options.embedding_dim)
        features = options.latent_dim + (0 if classes is None else options.embedding_dim)
        self.basis = GenerativeBasis(features, widths[0])
        stages = [_blocks(widths[0], len(widths), options)]
        stages += [
            [*transition_up(before, after), *_blocks(after, len(widths), options)] for before, after in pairwise(widths)
        ]
        stages[-1].append(scaled(Conv2d(widths[-1], channels, 1, bias=False)))
        first_half = len(widths) - options.bf16_stages
        self.stages = nn.Sequential(*(Stage(stage, half=i >= first_half) for i, stage in enumerate(stages)))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate."""
        labels = matched_labels(labels, z, self.classes)
        code = z if self.embedding is None else torch.cat([z, self.embedding(labels)], dim=1)
        images: Tensor = self.stages(self.basis(code))
        return images.to(z.dtype)


class R3GANCritic(nn.Module):
    """``(B, c, h, w) [, (B,)] -> (B,)``.

    With classes it is ``<h(x), E y>``, where h has as many features as the coarsest stage has channels: the projection
    of Miyato and Koyama (2018), without its unconditional term.

    Args:
        channels: c.
        widths: of the stages, from coarse to fine.
        classes: number of labels, or ``None``.
        options: the architecture's.
    """

    def __init__(self, channels: int, widths: Sequence[int], classes: int | None, options: R3GANOptions) -> None:
        super().__init__()
        self.classes = classes
        stages = [
            [*_blocks(before, len(widths), options), *transition_down(before, after)]
            for before, after in pairwise(reversed(widths))
        ]
        stages.append(_blocks(widths[0], len(widths), options))
        stages[0].insert(0, scaled(Conv2d(channels, widths[-1], 1, bias=False)))
        self.stages = nn.Sequential(*(Stage(stage, half=i < options.bf16_stages) for i, stage in enumerate(stages)))
        features = 1 if classes is None else widths[0]
        self.basis = DiscriminativeBasis(widths[0], features)
        self.embedding = None if classes is None else LabelMap(classes, features, 1 / math.sqrt(features))

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """The critic's output on each image."""
        labels = matched_labels(labels, images, self.classes)
        features: Tensor = self.basis(self.stages(images))
        return features.squeeze(1) if self.embedding is None else (features * self.embedding(labels)).sum(1)


class Stage(nn.Module):
    """The layers of one resolution, with the transition that a generator begins it, and a critic ends it with.

    Args:
        layers: the layers.
        half: compute in bfloat16; else in the parameters' dtype, which the input is cast to. Parameters stay as they
            are, and so do their gradients.
    """

    def __init__(self, layers: Sequence[nn.Module], *, half: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self._half = half

    def forward(self, x: Tensor) -> Tensor:
        """Compute the stage."""
        dtype = torch.bfloat16 if self._half else next(self.parameters()).dtype
        computed: Tensor = self.layers(x.to(dtype))
        return computed


def _blocks(width: int, stages: int, options: R3GANOptions) -> list[nn.Module]:
    gain = residual_gain(stages * options.blocks)
    return [ResidualBlock(width, group_width=options.group_width, gain=gain) for _ in range(options.blocks)]

"""Residual networks of Mescheder, Geiger and Nowozin (2018), as in their reference code: with labels, not normalised.

Both architectures are lists of stages, one for each resolution. A stage is given by the widths along its chain of
residual blocks: ``(512, 256)`` is one block from 512 channels to 256. Between stages the size doubles (nearest) or
halves (mean of 3x3).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg_architectures.conditioning import ClassOutput, LabelledCode
from gpreg_architectures.options import StableResNet2Options, StableResNetOptions
from gpreg_architectures.shapes import image_shape

Stages = Sequence[tuple[int, ...]]


class StableResNet(Architecture):
    """The networks of ``resnet.py``: a stage of one block for each resolution from 4x4 up, widths doubling to a cap."""

    name = "resnet-stable"
    value_range = (-1.0, 1.0)

    def __init__(self, options: StableResNetOptions) -> None:
        self.options = options

    def generator(self, spec: SampleSpec) -> Generator:
        """The code, linear to 4x4, the stages, leaky ReLU, 3x3 convolution, tanh.

        Raises:
            UsageError: the samples are no square images of 1 to 4 channels whose side is a power of two, 8 or more.
        """
        shape = self._shape(spec)
        finest, *coarser = self._widths(shape, self.options.generator_max_width)
        stages = [*pairwise(reversed([finest, *coarser])), (finest, finest)]
        return StableGenerator(shape, _code(self.options, spec), stages)

    def critic(self, spec: SampleSpec) -> nn.Module:
        """3x3 convolution, the stages, leaky ReLU, linear.

        Raises:
            UsageError: as for :meth:`generator`.
        """
        shape = self._shape(spec)
        finest, *coarser = self._widths(shape, self.options.critic_max_width)
        return StableCritic(shape, spec.classes, [(finest, finest), *pairwise([finest, *coarser])])

    def _shape(self, spec: SampleSpec) -> tuple[int, int, int]:
        return image_shape(
            spec,
            owner=self.name,
            sizes="equal height and width, a power of two from 8 up",
            fits=lambda height, width: height == width >= 8 and height.bit_count() == 1,
        )

    def _widths(self, shape: tuple[int, int, int], cap: int) -> list[int]:
        """The widths from the image's resolution down to 4x4."""
        return [min(self.options.width * 2**level, cap) for level in range(int(math.log2(shape[1] // 4)) + 1)]


class StableResNet2(Architecture):
    """The networks of ``resnet2.py``: six stages of two blocks, their widths 16, 16, 8, 4, 2 and 1 times the finest."""

    name = "resnet2-stable"
    value_range = (-1.0, 1.0)

    def __init__(self, options: StableResNet2Options) -> None:
        self.options = options

    def generator(self, spec: SampleSpec) -> Generator:
        """The code, linear to 1/32 of the size, the stages, leaky ReLU, 3x3 convolution, tanh.

        Raises:
            UsageError: the samples are no images of 1 to 4 channels whose height and width are divisible by 32.
        """
        widths = self._widths(16, 16, 16, 8, 4, 2, 1)
        stages = [(before, after, after) for before, after in pairwise(widths)]
        return StableGenerator(self._shape(spec), _code(self.options, spec), stages)

    def critic(self, spec: SampleSpec) -> nn.Module:
        """3x3 convolution, the stages, leaky ReLU, linear.

        Raises:
            UsageError: as for :meth:`generator`.
        """
        widths = self._widths(1, 2, 4, 8, 16, 16, 16)
        stages = [(before, before, after) for before, after in pairwise(widths)]
        return StableCritic(self._shape(spec), spec.classes, stages)

    def _shape(self, spec: SampleSpec) -> tuple[int, int, int]:
        return image_shape(
            spec,
            owner=self.name,
            sizes="a height and width divisible by 32",
            fits=lambda height, width: height % 32 == width % 32 == 0,
        )

    def _widths(self, *multiples: int) -> list[int]:
        widths = [self.options.width * multiple for multiple in multiples]
        cap = self.options.max_width
        return widths if cap is None else [min(width, cap) for width in widths]


class StableGenerator(Generator):
    """``(B, z) [, (B,)] -> (B, *shape)`` in (-1, 1).

    Args:
        shape: channels, height, width.
        code: makes the first layer's input from z and labels.
        stages: stages from coarse to fine.
    """

    def __init__(self, shape: tuple[int, int, int], code: LabelledCode, stages: Stages) -> None:
        super().__init__()
        channels, *_ = shape
        coarsest = (stages[0][0], *_coarsest(shape, stages))
        self.latent_dim = code.latent_dim
        self.code = code
        self.layers = nn.Sequential(
            nn.Linear(self.code.features, math.prod(coarsest)),
            nn.Unflatten(1, coarsest),
            *_chain(stages, nn.Upsample(scale_factor=2)),
            nn.LeakyReLU(0.2),
            nn.Conv2d(stages[-1][-1], channels, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate."""
        images: Tensor = self.layers(self.code(z, labels))
        return images


class StableCritic(nn.Module):
    """``(B, *shape) [, (B,)] -> (B,)``.

    Args:
        shape: channels, height, width.
        classes: number of labels, or ``None``.
        stages: stages from fine to coarse.
    """

    def __init__(self, shape: tuple[int, int, int], classes: int | None, stages: Stages) -> None:
        super().__init__()
        channels, *_ = shape
        self.features = nn.Sequential(
            nn.Conv2d(channels, stages[0][0], 3, padding=1),
            *_chain(stages, nn.AvgPool2d(3, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        )
        features = stages[-1][-1] * math.prod(_coarsest(shape, stages))
        self.output = ClassOutput(nn.Linear(features, classes or 1), classes)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """The critic's output on each image."""
        outputs: Tensor = self.output(self.features(images), labels)
        return outputs


class ResidualBlock(nn.Module):
    """``shortcut(x) + 0.1 * conv3(lrelu(conv3(lrelu(x))))``: ``(B, c, h, w) -> (B, c', h, w)``.

    Between the two convolutions there are ``min(c, c')`` channels. The shortcut is the identity, or a 1x1 convolution
    without bias if c and c' differ.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        hidden = min(before, after)
        self.shortcut = nn.Identity() if before == after else nn.Conv2d(before, after, 1, bias=False)
        self.residual = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.Conv2d(before, hidden, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(hidden, after, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add a tenth of the residual."""
        added: Tensor = self.shortcut(x) + 0.1 * self.residual(x)
        return added


def _code(options: StableResNetOptions | StableResNet2Options, spec: SampleSpec) -> LabelledCode:
    return LabelledCode(options.latent_dim, options.embedding_dim, spec.classes, one_class=options.one_class)


def _chain(stages: Stages, between: nn.Module) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for stage in stages:
        layers += [between] if layers else []
        layers += [ResidualBlock(before, after) for before, after in pairwise(stage)]
    return layers


def _coarsest(shape: tuple[int, int, int], stages: Stages) -> tuple[int, int]:
    """Height and width of the coarsest stage."""
    _, height, width = shape
    return height >> (len(stages) - 1), width >> (len(stages) - 1)

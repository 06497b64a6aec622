"""Residual networks of Gulrajani et al. (2017), as in their reference code ``gan_cifar_resnet.py``."""

from torch import Tensor, nn
from torch.nn import functional as F

from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg_architectures.conditioning import ClassOutput
from gpreg_architectures.initialisation import glorot, glorot_linear, he
from gpreg_architectures.normalisation import EPSILON, ConditionalBatchNorm2d
from gpreg_architectures.options import ResNetOptions
from gpreg_architectures.shapes import image_shape


class ResNet(Architecture):
    """Every layer has 128 channels; the critic goes from 32x32 to 16 and 8, the generator from 4 to 32.

    With classes, the blocks of the generator use conditional batch normalisation, and the critic has an output for each
    class. The paper's recipe differs: its critic also has a classifier, whose loss both players minimise (ACGAN). That
    changes the objective and not the architecture, and is not offered here.
    """

    name = "resnet"
    value_range = (-1.0, 1.0)

    def __init__(self, options: ResNetOptions) -> None:
        self.options = options

    def generator(self, spec: SampleSpec) -> Generator:
        """Linear, three up-blocks, batch normalisation, ReLU, 3x3 convolution, tanh.

        Raises:
            UsageError: the samples are no images of 1 to 4 channels whose height and width are divisible by 8.
        """
        return ResNetGenerator(self._shape(spec), spec.classes, self.options)

    def critic(self, spec: SampleSpec) -> nn.Module:
        """The first block, a down-block, two blocks at 8x8, ReLU, mean over space, linear.

        Raises:
            UsageError: as for :meth:`generator`.
        """
        channels, _, _ = self._shape(spec)
        return ResNetCritic(channels, spec.classes, self.options)

    def _shape(self, spec: SampleSpec) -> tuple[int, int, int]:
        return image_shape(
            spec,
            owner=self.name,
            sizes="a height and width divisible by 8",
            fits=lambda height, width: height % 8 == width % 8 == 0,
        )


class ResNetGenerator(Generator):
    """``(B, z) [, (B,)] -> (B, c, h, w)`` in (-1, 1)."""

    def __init__(self, shape: tuple[int, int, int], classes: int | None, options: ResNetOptions) -> None:
        super().__init__()
        channels, height, width = shape
        self.latent_dim = options.latent_dim
        running = not options.batch_statistics_when_sampling
        coarsest = (options.width, height // 8, width // 8)
        self.input = nn.Sequential(
            glorot_linear(options.latent_dim, options.width * coarsest[1] * coarsest[2]), nn.Unflatten(1, coarsest)
        )
        self.blocks = nn.ModuleList(UpBlock(options.width, classes, track_running_stats=running) for _ in range(3))
        self.output = nn.Sequential(
            nn.BatchNorm2d(options.width, eps=EPSILON, track_running_stats=running),
            nn.ReLU(),
            glorot(nn.Conv2d(options.width, channels, 3, padding=1)),
            nn.Tanh(),
        )

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate."""
        images: Tensor = self.input(z)
        for block in self.blocks:
            images = block(images, labels)
        generated: Tensor = self.output(images)
        return generated


class UpBlock(nn.Module):
    """``up1(x) + conv(relu(norm(up3(relu(norm(x))))))``, where up doubles the size (nearest), then convolves.

    ``(B, c, h, w) [, (B,)] -> (B, c, 2h, 2w)``.
    """

    def __init__(self, width: int, classes: int | None, *, track_running_stats: bool) -> None:
        super().__init__()
        self.norm1 = ConditionalBatchNorm2d(width, classes, track_running_stats=track_running_stats)
        self.conv1 = he(nn.Conv2d(width, width, 3, padding=1))
        self.norm2 = ConditionalBatchNorm2d(width, classes, track_running_stats=track_running_stats)
        self.conv2 = he(nn.Conv2d(width, width, 3, padding=1))
        self.shortcut = glorot(nn.Conv2d(width, width, 1))
        self.upsample = nn.Upsample(scale_factor=2)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Double the size."""
        residual = self.conv1(self.upsample(F.relu(self.norm1(x, labels))))
        residual = self.conv2(F.relu(self.norm2(residual, labels)))
        doubled: Tensor = self.shortcut(self.upsample(x)) + residual
        return doubled


class ResNetCritic(nn.Module):
    """``(B, c, h, w) [, (B,)] -> (B,)``."""

    def __init__(self, channels: int, classes: int | None, options: ResNetOptions) -> None:
        super().__init__()
        width, layer_norm = options.width, options.critic_layer_norm
        self.features = nn.Sequential(
            FirstBlock(channels, width),
            CriticBlock(width, halve=True, layer_norm=layer_norm),
            CriticBlock(width, halve=False, layer_norm=layer_norm),
            CriticBlock(width, halve=False, layer_norm=layer_norm),
            nn.ReLU(),
        )
        self.output = ClassOutput(glorot_linear(width, classes or 1), classes)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """The critic's output on each image."""
        outputs: Tensor = self.output(self.features(images).mean((2, 3)), labels)
        return outputs


class FirstBlock(nn.Module):
    """``conv1(mean(x)) + mean(conv3(relu(conv3(x))))``, where mean halves the size: no rectifier meets the raw image.

    ``(B, c, h, w) -> (B, width, h/2, w/2)``.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), glorot(nn.Conv2d(channels, width, 1)))
        self.residual = nn.Sequential(
            he(nn.Conv2d(channels, width, 3, padding=1)),
            nn.ReLU(),
            he(nn.Conv2d(width, width, 3, padding=1)),
            nn.AvgPool2d(2),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Halve the size."""
        halved: Tensor = self.shortcut(images) + self.residual(images)
        return halved


class CriticBlock(nn.Module):
    """``x + conv3(relu(conv3(relu(x))))``; to halve the size ``mean(conv1(x)) + mean(conv3(relu(conv3(relu(x)))))``.

    ``(B, c, h, w) -> (B, c, h, w)`` or ``(B, c, h/2, w/2)``. Layer normalisation, if any, comes before each ReLU, with
    one mean and variance per sample, and a scale and an offset per channel.
    """

    def __init__(self, width: int, *, halve: bool, layer_norm: bool) -> None:
        super().__init__()

        def norm() -> list[nn.Module]:
            return [nn.GroupNorm(1, width, eps=EPSILON)] if layer_norm else []

        pool = [nn.AvgPool2d(2)] if halve else []
        self.shortcut = nn.Sequential(glorot(nn.Conv2d(width, width, 1)), *pool) if halve else nn.Identity()
        self.residual = nn.Sequential(
            *norm(),
            nn.ReLU(),
            he(nn.Conv2d(width, width, 3, padding=1)),
            *norm(),
            nn.ReLU(),
            he(nn.Conv2d(width, width, 3, padding=1)),
            *pool,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add the residual."""
        judged: Tensor = self.shortcut(x) + self.residual(x)
        return judged

"""DiffAugment."""

import torch
from torch import Generator as RandomState
from torch import Tensor

from gpreg_augmentations.draws import Draws
from gpreg_augmentations.images import ImageAugmentation
from gpreg_augmentations.options import DiffAugmentOptions
from gpreg_augmentations.shift import shifted


class DiffAugment(ImageAugmentation):
    """Colour, translation and cutout, each of which changes every image.

    Zhao, Liu, Lin, Zhu and Han (2020), Differentiable Augmentation for Data-Efficient GAN Training, Section 4.
    """

    def __init__(self, options: DiffAugmentOptions) -> None:
        super().__init__()
        changes = {"color": self.color, "translation": self.translation, "cutout": self.cutout}
        self._changes = [changes[name] for name in options.policy]

    def forward(self, x: Tensor, rng: RandomState) -> Tensor:
        """Apply the policy in its order, ``(B, channels, height, width)``."""
        draws = Draws(x, rng)
        for change in self._changes:
            x = change(x, draws)
        return x

    def color(self, x: Tensor, draws: Draws) -> Tensor:
        """Brightness ``x + U(-1/2, 1/2)``, then saturation by ``U(0, 2)`` about the pixel's mean over its channels,
        then contrast by ``U(1/2, 3/2)`` about the image's mean.
        """
        x = x + _each(draws.uniform(-0.5, 0.5)) * self.unit
        x = x.lerp(x.mean(1, keepdim=True), 1 - _each(draws.uniform(0, 2)))
        return x.lerp(x.mean((1, 2, 3), keepdim=True), 1 - _each(draws.uniform(0.5, 1.5)))

    def translation(self, x: Tensor, draws: Draws) -> Tensor:
        """A shift by whole pixels, uniform up to 1/8 of the side; what comes in is 0."""
        down, right = (draws.whole(-most, most) for most in (int(size / 8 + 0.5) for size in x.shape[2:]))
        return shifted(x, down, right, fill="constant", value=self.middle)

    def cutout(self, x: Tensor, draws: Draws) -> Tensor:
        """A rectangle of half the sides is 0, with its centre uniform in the image, so that it may reach beyond."""
        inside = []
        for size in x.shape[2:]:
            length = int(size / 2 + 0.5)
            start = draws.whole(0, size - length % 2)[:, None] - length // 2
            place = torch.arange(size, device=x.device)
            inside.append((place >= start) & (place < start + length))
        rows, columns = inside
        return self.cut(x, (rows[:, :, None] & columns[:, None, :])[:, None])


def _each(numbers: Tensor) -> Tensor:
    """A number for each image, to be broadcast over its pixels."""
    return numbers.view(-1, 1, 1, 1)

"""What augmentations of images have in common: which samples are images, and in which units their pixels are."""

from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Augmentation, SampleSpec

INSTEAD = "choose --augmentation noise, which changes samples of any shape and range, or leave it out"


class ImageAugmentation(Augmentation):
    """An augmentation of images, ``(B, channels, height, width)``.

    Publications state what they do to colours for pixels in [-1, 1]. For pixels in [low, high], 0 becomes the middle
    of that range, and 1 half its length.

    Attributes:
        middle, unit: the middle of the range of values, and half its length.
        size: height and width of the images; ``None`` until :meth:`prepare`.
    """

    middle: float = 0.0
    unit: float = 1.0
    size: tuple[int, int] | None = None

    def prepare(self, spec: SampleSpec) -> None:
        """Learn size and units of the images.

        Raises:
            UsageError: the samples are no images, or the range of their values is unknown.
        """
        if len(spec.shape) != 3:
            raise UsageError(f"it changes images, and a sample of shape {spec.shape} is none", remedy=INSTEAD)
        if spec.value_range is None:
            raise UsageError(
                "what it does to colours depends on the range of the pixels, which the data do not state",
                remedy=INSTEAD,
            )
        low, high = spec.value_range
        self.middle, self.unit = (low + high) / 2, (high - low) / 2
        self.size = spec.shape[1], spec.shape[2]

    def cut(self, x: Tensor, inside: Tensor) -> Tensor:
        """Set the pixels of a mask ``(B, 1, height, width)`` to the middle of the range."""
        return x.masked_fill(inside, self.middle)

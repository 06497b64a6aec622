"""Flips and shifts."""

from torch import Generator as RandomState
from torch import Tensor

from gpreg_augmentations.draws import Draws
from gpreg_augmentations.images import ImageAugmentation
from gpreg_augmentations.options import FlipShiftOptions
from gpreg_augmentations.shift import flipped, shifted


class FlipShift(ImageAugmentation):
    """``T``: a horizontal flip with probability 1/2, then a shift by whole pixels, uniform up to a part of the side.

    The augmentation of consistency regularization: Zhang, Zhang, Odena and Lee (2020), Consistency Regularization for
    Generative Adversarial Networks, which shifts by "a few pixels". Both are exact: no pixel is interpolated.
    """

    def __init__(self, options: FlipShiftOptions) -> None:
        super().__init__()
        self._options = options

    def forward(self, x: Tensor, rng: RandomState) -> Tensor:
        """Flip and shift, ``(B, channels, height, width)``."""
        draws, options = Draws(x, rng), self._options
        most = [round(options.shift * size) for size in x.shape[2:]]
        x = flipped(x, draws.chosen(options.flip))
        down, right = (draws.whole(-pixels, pixels) for pixels in most)
        return shifted(x, down, right, fill="reflect" if options.fill == "reflect" else "constant", value=self.middle)

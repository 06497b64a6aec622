"""The mode seeking term."""

from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import Term, TermBatch
from gpreg.penalties.autocast import at_least_float32
from gpreg_regularizers.calls import generated
from gpreg_regularizers.options import ModeSeekingOptions

EPSILON = 1e-5
"""The authors' guard against a division by 0."""


class ModeSeeking(Term):
    """``weight / (r + 1e-5)``, or ``-weight r``, with ``r = E |G(z_1) - G(z_2)| / E |z_1 - z_2|``, mean L1 distances.

    Different codes give different samples. z_1 and z_2 are the two halves of the batch, without its last code if their
    number is odd. In a conditional model both have the label of z_1, for which the samples of z_2 are generated anew.

    Mao, Lee, Tseng, Ma and Yang (2019), Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis,
    section 3.2, which maximises the ratio. The authors' code minimises the inverse of the ratio of means.
    """

    player = "generator"

    def __init__(self, options: ModeSeekingOptions) -> None:
        super().__init__()
        self._weight, self._inverse = options.weight, options.form == "inverse"

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar.

        Raises:
            UsageError: the batch, or a part of it, has one sample.
        """
        half = len(batch.latent) // 2
        if not half:
            raise UsageError(
                "mode seeking compares the two halves of a batch, and this one, or a part of it, has one sample",
                remedy="add --batch-size 2 or more for each part of training.accumulate",
            )
        first, z_1, z_2 = batch.fake[:half], batch.latent[:half], batch.latent[half : 2 * half]
        if batch.fake_labels is None:
            second = batch.fake[half : 2 * half]
        else:
            second = generated(batch.generator, z_2, batch.fake_labels[:half])
        ratio = _distance(first, second) / _distance(z_1, z_2)
        return self._weight / (ratio + EPSILON) if self._inverse else -self._weight * ratio


def _distance(one: Tensor, other: Tensor) -> Tensor:
    return (at_least_float32(one) - at_least_float32(other)).abs().mean()

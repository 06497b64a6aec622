"""The augmentation pipeline of StyleGAN2-ADA."""

import torch
from torch import Generator as RandomState
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec
from gpreg_augmentations.colour import Colour, recoloured
from gpreg_augmentations.draws import Draws
from gpreg_augmentations.geometry import Geometry
from gpreg_augmentations.images import ImageAugmentation
from gpreg_augmentations.options import TRANSFORMATIONS, AdaOptions
from gpreg_augmentations.probability import Probability
from gpreg_augmentations.resampling import Resampling


class Ada(ImageAugmentation):
    """Geometric transformations, executed as one affine map, then those of colour, as another, then cutout.

    Each is switched on for an image with its multiplier times p, independently of the others. With the default
    multipliers it is the pipeline of R3GAN; StyleGAN2-ADA's own, "bgc", has those of colour at 1 and ``cutout`` at 0.

    Karras, Aittala, Hellsten, Laine, Lehtinen and Aila (2020), Training Generative Adversarial Networks with Limited
    Data, Section 3 and Appendix B, without image-space filtering and noise, which neither uses.
    """

    def __init__(self, options: AdaOptions) -> None:
        super().__init__()
        self.probability = Probability(options)
        self.reads_signs = self.probability.adaptive
        self._geometry, self._colour = Geometry(options.multipliers), Colour(options.multipliers)
        self._cutout = options.cutout
        self._groups = {
            group for group, names in TRANSFORMATIONS.items() if any(options.multipliers[name] for name in names)
        }
        self._resampling: Resampling | None = None

    def prepare(self, spec: SampleSpec) -> None:
        """Make the filters for the images' size."""
        super().prepare(spec)
        self._resampling = Resampling(*spec.shape[1:])

    def forward(self, x: Tensor, rng: RandomState) -> Tensor:
        """Transform a batch, ``(B, channels, height, width)``."""
        if self._resampling is None:
            raise UsageError(
                "ada does not know the size of the images",
                remedy="call prepare(gpreg.interfaces.SampleSpec(shape=(3, 32, 32), value_range=(-1, 1))) once, as "
                "training does",
            )
        draws, p = Draws(x, rng), self.probability.p.to(x.dtype)
        if self._groups & {"blit", "geometry"}:
            inverse = self._geometry.draw(draws, p, *x.shape[2:])
            moved = (inverse != torch.eye(3, dtype=x.dtype, device=x.device)).flatten(1).any(1)
            resampled = self._resampling(x - self.middle, inverse) + self.middle
            x = torch.where(moved[:, None, None, None], resampled, x)
        if "colour" in self._groups:
            matrix, added = self._colour.draw(draws, p, x.shape[1])
            x = recoloured(x, matrix, added, middle=self.middle, unit=self.unit)
        return self.cut(x, self._rectangle(draws, p, *x.shape[2:])) if "cutout" in self._groups else x

    @property
    def shown(self) -> dict[str, Tensor]:
        """The probability ``p``."""
        return {"p": self.probability.p}

    def follow(self, way: float) -> None:
        """Set p for this iteration."""
        self.probability.follow(way)

    def observe(self, d_real: Tensor) -> None:
        """Let an adaptive p know."""
        self.probability.observe(d_real)

    def _rectangle(self, draws: Draws, p: Tensor, height: int, width: int) -> Tensor:
        """Which pixels are cut out, ``(B, 1, height, width)``: within a quarter of the sides from a uniform centre."""
        on = draws.chosen(self._cutout * p)
        columns, rows = (
            ((torch.arange(size, device=p.device) + 0.5) / size - draws.uniform()[:, None]).abs() < 0.25
            for size in (width, height)
        )
        return (on[:, None, None] & rows[:, :, None] & columns[:, None, :])[:, None]

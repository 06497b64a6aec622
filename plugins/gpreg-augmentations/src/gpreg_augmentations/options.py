"""The options of augmentations."""

from dataclasses import dataclass
from typing import Literal

from gpreg import option

TRANSFORMATIONS = {
    "blit": ("xflip", "rotate90", "xint"),
    "geometry": ("scale", "rotate", "aniso", "xfrac"),
    "colour": ("brightness", "contrast", "lumaflip", "hue", "saturation"),
    "cutout": ("cutout",),
}
"""ADA's transformations by group, named as in its publication's code; each is an option, the multiplier of p."""


@dataclass(frozen=True, kw_only=True)
class NoiseOptions:
    """Options of ``noise``."""

    sigma: float = option(0.1, ge=0, le=1e30, help="standard deviation at the first step, in units of the samples")
    final: float | None = option(
        None, ge=0, le=1e30, help="standard deviation where the run's schedule ends; none: as at the first step"
    )


@dataclass(frozen=True, kw_only=True)
class DiffAugmentOptions:
    """Options of ``diffaugment``."""

    policy: tuple[str, ...] = option(
        ("color", "translation", "cutout"),
        choices=("color", "translation", "cutout"),
        help="what is changed, in this order",
    )

    def __post_init__(self) -> None:
        if not self.policy:
            raise ValueError("policy is empty, so that nothing would change; leave the augmentation out")
        if len(set(self.policy)) < len(self.policy):
            raise ValueError(f"policy {','.join(self.policy)} names a change twice")


@dataclass(frozen=True, kw_only=True)
class FlipShiftOptions:
    """Options of ``flip-shift``."""

    flip: float = option(0.5, ge=0, le=1, help="probability that an image is flipped horizontally")
    shift: float = option(
        0.125, ge=0, le=1, help="largest shift, in heights and widths, rounded to pixels: 4 pixels of 32"
    )
    fill: str = option("reflect", choices=("reflect", "zero"), help="what comes in at the borders")


def _multiplier(default: float, what: str) -> float:
    value: float = option(default, ge=0, le=1, help=f"{what}: times p is its probability; 0 is off")
    return value


@dataclass(frozen=True, kw_only=True)
class AdaOptions:
    """Options of ``ada``."""

    p: float | Literal["adaptive"] = option(
        "adaptive", ge=0, le=1, help="probability of each transformation; adaptive: from 0, as `target` and `kimg` say"
    )
    final: float | None = option(None, ge=0, le=1, help="p where the run's schedule ends; none: as at the first step")
    target: float = option(
        0.6, ge=-1, le=1, help="of an adaptive p: the mean sign of the critic on real images that it is moved towards"
    )
    kimg: float = option(
        500, gt=0, le=1e30, help="of an adaptive p: thousands of real images in which it can go from 0 to 1"
    )
    xflip: float = _multiplier(1, "horizontal flip")
    rotate90: float = _multiplier(1, "quarter turns")
    xint: float = _multiplier(1, "shift by whole pixels, up to 1/8 of the side")
    scale: float = _multiplier(1, "scale 2^(0.2 n), n ~ N(0, 1)")
    rotate: float = _multiplier(1, "rotation by any angle")
    aniso: float = _multiplier(1, "stretching by 2^(0.2 n) in one direction, and as much less in the other")
    xfrac: float = _multiplier(1, "shift by n/8 of the side")
    brightness: float = _multiplier(0.5, "brightness, + 0.2 n in [-1, 1]")
    contrast: float = _multiplier(0.5, "contrast, times 2^(0.5 n)")
    lumaflip: float = _multiplier(0.5, "dark and light change places")
    hue: float = _multiplier(0.5, "rotation of the hue by any angle")
    saturation: float = _multiplier(0.5, "saturation, times 2^n")
    cutout: float = _multiplier(1, "a rectangle of half the sides is grey")

    def __post_init__(self) -> None:
        if self.final is not None and self.p == "adaptive":
            raise ValueError("final says where p ends, and an adaptive p finds that itself; give p too, such as p=0")

    @property
    def multipliers(self) -> dict[str, float]:
        """The multiplier of each transformation."""
        return {name: getattr(self, name) for names in TRANSFORMATIONS.values() for name in names}

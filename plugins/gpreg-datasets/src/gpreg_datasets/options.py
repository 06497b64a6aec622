"""The options of each dataset."""

from dataclasses import dataclass
from pathlib import Path

from gpreg import option

MIRROR = "train on each image twice: as it is, and reversed from left to right"
GROUND = "colour under transparent images: a name or #rrggbb"

_SIDES = ("first", "second")


@dataclass(frozen=True, kw_only=True)
class PlanarOptions:
    """Options of ``8gaussians``, ``25gaussians`` and ``swissroll``."""

    convention: str = option(
        "gulrajani",
        help="whose scales: Gulrajani et al. (2017), or the ten times larger ones of the 0-GP paper",
        choices=("gulrajani", "0gp"),
    )


@dataclass(frozen=True, kw_only=True)
class TwoGaussiansOptions:
    """Options of ``two-gaussians``."""

    real: str = option("first", help="which of the two laws is p_d; the other one is p_g", choices=_SIDES)
    points: int | None = option(
        100, help="size of the fixed sample that is all there is of p_d; none: drawn without end", ge=1
    )
    seed: int = option(0, help="seed of the fixed sample; 0 with 100 points is the paper's own", ge=0, lt=2**32)


@dataclass(frozen=True, kw_only=True)
class GivenFakesOptions:
    """Options of the architecture ``given-fakes``; all but the width as ``two-gaussians`` has them."""

    real: str = option("first", help="which of the two laws is p_d; the fakes are of the other", choices=_SIDES)
    points: int = option(100, help="number of fake points", ge=1)
    seed: int = option(0, help="seed of the points; 0 with 100 points is the paper's own", ge=0, lt=2**32)
    width: int = option(64, help="neurons in each of the critic's two hidden layers", ge=1)


@dataclass(frozen=True, kw_only=True)
class DigitsOptions:
    """Options of ``digits``."""

    size: int = option(32, help="height and width in pixels, interpolated from 8", ge=8, le=256)


@dataclass(frozen=True, kw_only=True)
class IdxOptions:
    """Options of ``mnist`` and ``fashion-mnist``."""

    folder: Path | None = option(
        None, help="folder of the idx files (plain or .gz); none: the usual places, see the package's README"
    )
    size: int = option(28, help="height and width in pixels; 32 puts 2 pixels of background around", choices=(28, 32))


@dataclass(frozen=True, kw_only=True)
class FashionMnistOptions(IdxOptions):
    """Options of ``fashion-mnist``."""

    mirror: bool = option(False, help=MIRROR)


@dataclass(frozen=True, kw_only=True)
class PictureOptions:
    """Options that datasets of pictures share."""

    mirror: bool = option(False, help=MIRROR)
    pixel_rule: int = option(
        255,
        help="byte x becomes low + (high - low) x / RULE; by 256, training.noise of 1/256 of the range stays within it",
        choices=(255, 256),
    )


@dataclass(frozen=True, kw_only=True)
class Cifar10Options(PictureOptions):
    """Options of ``cifar10``."""

    folder: Path | None = option(
        None, help="folder of data_batch_1 ... test_batch (the Python version); none: in the data folder"
    )


@dataclass(frozen=True, kw_only=True)
class EmojiOptions(PictureOptions):
    """Options of ``emoji``."""

    font: Path | None = option(
        None,
        help="NotoColorEmoji.ttf with bitmaps (its table CBDT); none: in the data folder, or where systems keep it",
    )
    size: int = option(32, help="height and width in pixels; the font's pictures are 136 wide", ge=8, le=136)
    ground: str = option("white", help=GROUND)
    tones: bool = option(True, help="all five skin tones of an emoji as well; false: only the one without a choice")


@dataclass(frozen=True, kw_only=True)
class StackedMnistOptions:
    """Options of ``stacked-mnist``."""

    base: str = option(
        "mnist", help="the set of ten classes that is stacked", choices=("mnist", "fashion-mnist", "digits")
    )
    folder: Path | None = option(None, help="folder of the base's idx files, as for mnist")
    size: int = option(28, help="height and width in pixels, as for the base", choices=(28, 32))
    triples: int = option(128_000, help="number of random triples", ge=1)
    seed: int = option(0, help="seed that draws the triples", ge=0)


@dataclass(frozen=True, kw_only=True)
class ImageFolderOptions(PictureOptions):
    """Options of ``image-folder``."""

    folder: Path | None = option(None, help="folder of images, at any depth; required")
    test_folder: Path | None = option(None, help="the same for the test split; none: a part of folder is held out")
    holdout: float = option(
        0.1, help="share of the images that is held out for testing, chosen by a hash of each file's name", ge=0, lt=1
    )
    classes: bool = option(
        False, help="take each subfolder for a class, named as it is; needed for conditional training"
    )
    size: int = option(64, help="height and width in pixels: shorter side resized, then centre crop", ge=1, le=4096)
    channels: int = option(3, help="3: RGB, 1: grey", choices=(1, 3))
    ground: str = option("white", help=GROUND)
    skip_unreadable: bool = option(False, help="go on without files that cannot be read; the run records which")
    in_memory: bool | None = option(
        None, help="true: hold all images in memory; false: decode batch by batch; none: hold up to 2 GiB"
    )
    cache: bool = option(
        True, help="keep decoded images, up to 16 GiB of them, in $GPREG_CACHE/images or the user's cache folder"
    )
    workers: int | None = option(
        None, help="processes that decode images; 0: this one; none: one per processor core, at most 8", ge=0
    )


@dataclass(frozen=True, kw_only=True)
class NpzOptions(PictureOptions):
    """Options of ``npz``."""

    file: Path | None = option(
        None, help="the .npz file: arrays x, y (labels), x_test, y_test, or samples, labels; required"
    )
    span: tuple[float, float] | None = option(
        None,
        help="what the values of floating-point images span, low and high; none: as the file says, else 0,1 or -1,1",
    )

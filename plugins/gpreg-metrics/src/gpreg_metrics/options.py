"""The options of each metric, readable without torch."""

from dataclasses import dataclass
from pathlib import Path

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class ModesOptions:
    """Options of ``modes``."""

    threshold: int | None = option(
        None, help="high-quality samples that a mode needs to count as covered; none: a tenth of its share", ge=1
    )


@dataclass(frozen=True, kw_only=True)
class WassersteinOptions:
    """Options of ``wasserstein``."""

    n: int = option(1000, help="points on either side; time grows as n^3, memory as n^2", ge=1, le=10_000)
    seed: int = option(0, help="fixes which points of the data are drawn", ge=0)


@dataclass(frozen=True, kw_only=True)
class ValueSurfaceOptions:
    """Options of ``value-surface``; the defaults are the picture of the 0-GP paper's code."""

    low: float = option(-2.5, help="left and lower end of the square")
    high: float = option(4.5, help="right and upper end of the square")
    resolution: int = option(100, help="points in a row of the mesh", ge=2, le=2000)


@dataclass(frozen=True, kw_only=True)
class InceptionOptions:
    """Options of every metric that uses Inception."""

    weights: Path | None = option(
        None, help="file of Inception's weights; none: in $GPREG_WEIGHTS, then in torch hub's checkpoints"
    )
    download: bool = option(False, help="fetch the weights if they are not there, about 91 MB")


@dataclass(frozen=True, kw_only=True)
class ReferenceOptions:
    """Options of every metric that compares samples with data."""

    reference_samples: int | None = option(None, help="images of the data to compare with; none: all of them", ge=2)
    cache: Path | None = option(None, help="folder where what is computed from data is kept; none: $GPREG_CACHE")


@dataclass(frozen=True, kw_only=True)
class FidOptions(InceptionOptions, ReferenceOptions):
    """Options of ``fid``."""


@dataclass(frozen=True, kw_only=True)
class InceptionScoreOptions(InceptionOptions):
    """Options of ``inception-score``."""

    splits: int = option(10, help="parts of the samples; the score is the mean over them", ge=1)
    seed: int = option(2020, help="fixes which sample is in which part", ge=0, lt=2**32)


@dataclass(frozen=True, kw_only=True)
class KidOptions(InceptionOptions, ReferenceOptions):
    """Options of ``kid``."""

    subsets: int = option(100, help="random subsets of either side; the distance is the mean over them", ge=1)
    subset_size: int = option(1000, help="images in a subset", ge=2)
    seed: int = option(2020, help="fixes the subsets", ge=0, lt=2**32)


@dataclass(frozen=True, kw_only=True)
class PrecisionRecallOptions(InceptionOptions, ReferenceOptions):
    """Options of ``precision-recall``."""

    reference_samples: int | None = option(
        None, help="images of the data to compare with; none: as many as there are samples", ge=2
    )
    neighbours: int = option(3, help="k: a ball reaches to the k-th nearest neighbour of its centre", ge=1)


@dataclass(frozen=True, kw_only=True)
class ClassifierOptions(ReferenceOptions):
    """Options of ``classifier``."""


@dataclass(frozen=True, kw_only=True)
class StackedMnistOptions:
    """Options of ``stacked-mnist``."""

    threshold: int = option(1, help="samples that a mode needs to count as covered", ge=1)
    against: str = option(
        "uniform",
        help="KL divergence from what: all modes equally, or the data's own labels",
        choices=("uniform", "data"),
    )
    cache: Path | None = option(None, help="folder where what is computed from data is kept; none: $GPREG_CACHE")

"""The options of regularizers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gpreg import option

_AUGMENTATION = "the augmentation T, of `gpreg list-augmentations`"
_OPTIONS = "its options, a table"


@dataclass(frozen=True, kw_only=True)
class DriftOptions:
    """Options of ``drift``."""

    weight: float = option(0.001, ge=0, help="epsilon of epsilon E[D(x_d)^2]")


@dataclass(frozen=True, kw_only=True)
class LeCamOptions:
    """Options of ``lecam``."""

    weight: float = option(0.3, ge=0, help="weight of the sum of both means")
    decay: float = option(0.99, ge=0, lt=1, help="weight of the past in the averages of the critic's outputs")
    start: int = option(0, ge=0, help="critic update, from 0, with which term and averages begin")
    form: Literal["one-sided", "two-sided"] = option(
        "one-sided", help="one-sided: f = relu, as in the authors' code; two-sided: f(t) = t, as in the paper"
    )


@dataclass(frozen=True, kw_only=True)
class ConsistencyOptions:
    """Options of ``consistency``."""

    weight: float = option(10.0, ge=0, help="weight of E[(D(x_d) - D(T x_d))^2]")
    augmentation: str = option("flip-shift", help=_AUGMENTATION)
    augmentation_options: Mapping[str, Any] = option({}, help=_OPTIONS)


@dataclass(frozen=True, kw_only=True)
class BalancedConsistencyOptions:
    """Options of ``balanced-consistency``."""

    real_weight: float = option(10.0, ge=0, help="weight of E[(D(x_d) - D(T x_d))^2]")
    fake_weight: float = option(10.0, ge=0, help="weight of E[(D(x_g) - D(T x_g))^2]")
    augmentation: str = option("flip-shift", help=_AUGMENTATION)
    augmentation_options: Mapping[str, Any] = option({}, help=_OPTIONS)


@dataclass(frozen=True, kw_only=True)
class LatentConsistencyOptions:
    """Options of ``latent-consistency``."""

    critic_weight: float = option(5.0, ge=0, help="weight of the critic's E[(D(G(z)) - D(G(z + d)))^2]")
    generator_weight: float = option(0.5, ge=0, help="weight of the generator's mean of -(G(z) - G(z + d))^2")
    sigma: float = option(0.03, ge=0, help="standard deviation of the step d, in the units of the codes")


@dataclass(frozen=True, kw_only=True)
class ImprovedConsistencyOptions(BalancedConsistencyOptions, LatentConsistencyOptions):
    """Options of ``improved-consistency``: those of both."""


@dataclass(frozen=True, kw_only=True)
class PathLengthOptions:
    """Options of ``path-length``."""

    weight: float = option(2.0, ge=0, help="weight of E[(|J^T y| - a)^2]")
    decay: float = option(0.01, gt=0, le=1, help="weight of the new lengths in their running mean a")
    every: int = option(4, ge=1, help="computed in one of so many updates of the generator, with so much more weight")
    shrink: int = option(2, ge=1, help="it is computed on the batch divided by this number")


@dataclass(frozen=True, kw_only=True)
class OrthogonalOptions:
    """Options of ``orthogonal``."""

    weight: float = option(1e-4, ge=0, help="beta of beta |W^T W * (1 - I)|_F^2; the authors' code has half of it")
    player: Literal["critic", "generator"] = option("generator", help="whose weights")


@dataclass(frozen=True, kw_only=True)
class ModeSeekingOptions:
    """Options of ``mode-seeking``."""

    weight: float = option(1.0, ge=0, help="weight of 1 / (r + 1e-5), or of -r")
    form: Literal["inverse", "negative"] = option("inverse", help="inverse: 1 / (r + 1e-5), negative: -r")


@dataclass(frozen=True, kw_only=True)
class FeatureMatchingOptions:
    """Options of ``feature-matching``."""

    weight: float = option(1.0, ge=0, help="weight of the distance of both means")
    norm: Literal["l1", "l2"] = option("l2", help="l2: the sum of squares, l1: the mean of absolute values")

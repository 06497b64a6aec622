"""The options of measures and forms, with their bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class ClippingOptions:
    """Options of ``wgan``."""

    clip: float = option(0.01, gt=0, help="every critic parameter is clipped to [-clip, clip] after each step")


@dataclass(frozen=True, kw_only=True)
class AnchorOptions:
    """Options of ``g-anc``."""

    anchor: str = option(
        "auto",
        choices=("auto", "point", "grey", "pixels"),
        help="auto: the point for vectors, grey for one channel, fixed random pixels for more",
    )
    point: tuple[float, ...] = option((2.0, -1.0), help="coordinates of the anchor when it is a point")
    level: float | None = option(
        None, help="grey level in the units of the data; none: the middle of [0, 1] or [-1, 1]"
    )
    seed: int = option(0, ge=0, help="seed of the random pixels")


@dataclass(frozen=True, kw_only=True)
class NoiseOptions:
    """Options of ``dragan``."""

    scale: float = option(0.5, gt=0, help="size of the noise, in standard deviations of the real batch")
    noise: str = option(
        "uniform",
        choices=("uniform", "gaussian"),
        help="uniform: a U(0,1) fraction of scale std U(0,1)^d; gaussian: N(0,1)^d",
    )


@dataclass(frozen=True, kw_only=True)
class BoxOptions:
    """Options of ``box``."""

    low: float = option(-1.0, help="lower bound of every coordinate, in the units of the data")
    high: float = option(1.0, help="upper bound of every coordinate, in the units of the data")


@dataclass(frozen=True, kw_only=True)
class MixtureOptions:
    """Options of ``mixture``."""

    parts: tuple[str, ...] = option(("pd", "pg"), help="names of registered measures")
    weights: tuple[float, ...] = option((), help="one weight >= 0 for each part; none: 1 each")
    options: Mapping[str, Any] = option({}, help="options of the parts, by name, e.g. options.dragan.scale=0.1")


@dataclass(frozen=True, kw_only=True)
class LatentPathOptions:
    """Options of ``latent-path``."""

    width: int = option(128, ge=1, help="hidden width of the encoder, in units or channels")
    moments: float = option(
        1.0, ge=0, help="weight of the pull of the codes of real data towards mean 0 and variance 1"
    )
    seed: int = option(0, ge=0, help="seed of the encoder's initial weights")


@dataclass(frozen=True, kw_only=True)
class JensenShannonOptions:
    """Options of ``js``."""

    detach: bool = option(False, help="treat the weights as constants, as if the mass did not depend on the critic")


@dataclass(frozen=True, kw_only=True)
class CentreOptions:
    """Options of ``one-centered``."""

    centre: float = option(1.0, ge=0, help="the norm that the gradient is drawn to")


@dataclass(frozen=True, kw_only=True)
class OneSidedOptions:
    """Options of ``one-sided``."""

    bound: float = option(1.0, ge=0, help="norms up to this are free")
    squared: bool = option(True, help="false: the excess itself instead of its square")


@dataclass(frozen=True, kw_only=True)
class PowerOptions:
    """Options of ``power``."""

    k: float = option(2.0, gt=0, help="factor; with rho = 2 the penalty is k E[|g|^p]")
    p: float = option(6.0, gt=1, help="exponent of the norm")

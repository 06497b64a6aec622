"""The options of constraints."""

from dataclasses import dataclass

from gpreg import option

PLAYERS = ("critic", "generator")


@dataclass(frozen=True, kw_only=True)
class ClippingOptions:
    """Options of ``clipping``."""

    player: str = option("critic", choices=PLAYERS, help="whose weights are clipped")
    bound: float = option(0.01, gt=0, help="largest absolute value of a weight")


@dataclass(frozen=True, kw_only=True)
class SpectralNormOptions:
    """Options of ``spectral-norm``."""

    player: str = option("critic", choices=PLAYERS, help="whose weights are normalised")
    iterations: int = option(1, ge=1, help="power iterations after each step of the optimiser")
    eps: float = option(1e-12, gt=0, help="the least norm that a singular vector is divided by")
    embeddings: bool = option(True, help="whether embeddings of labels are normalised, too")
    last: bool = option(True, help="whether the last layer is normalised, too; if not, D = 0 stays possible")


@dataclass(frozen=True, kw_only=True)
class WeightNormOptions:
    """Options of ``weight-norm``."""

    player: str = option("critic", choices=PLAYERS, help="whose weights are split into length and direction")
    last: bool = option(True, help="whether the last layer is split, too")


@dataclass(frozen=True, kw_only=True)
class OrthogonalProjectionOptions:
    """Options of ``orthogonal-projection``."""

    player: str = option("critic", choices=PLAYERS, help="whose weights are projected")
    gain: float = option(1.0, gt=0, help="the singular values that weights have afterwards")
    band: float = option(0.0, ge=0, help="leave singular values alone from gain / (1 + band) to gain * (1 + band)")


@dataclass(frozen=True, kw_only=True)
class SANOptions:
    """Options of ``san``."""

    weight: float = option(1.0, gt=0, help="coefficient of the term that trains the direction")

"""What users may set, readable without torch."""

from dataclasses import dataclass

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class ModesOptions:
    """Options of ``modes``."""

    threshold: int = option(1, help="high-quality samples that a mode needs to count as covered", ge=1)


@dataclass(frozen=True, kw_only=True)
class WassersteinOptions:
    """Options of ``wasserstein``."""

    n: int = option(1000, help="points on either side; time grows as n^3, memory as n^2", ge=1, le=10_000)
    seed: int = option(0, help="fixes which points of the data are drawn", ge=0)

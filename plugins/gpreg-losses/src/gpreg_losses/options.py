"""The options of losses."""

from dataclasses import dataclass

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class ConcaveOptions:
    """Options of ``concave-f``."""

    f: str = option(
        "logistic",
        choices=("linear", "logistic", "least-squares", "hinge", "exponential"),
        help="the concave function of the critic's output",
    )
    generator: str = option(
        "saturating",
        choices=("saturating", "non-saturating", "linear"),
        help="the generator minimises f(-D), -f(D) or -D",
    )

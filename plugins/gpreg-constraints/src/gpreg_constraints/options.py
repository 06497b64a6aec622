"""The options of constraints."""

from dataclasses import dataclass

from gpreg import option

PLAYERS = ("critic", "generator")


@dataclass(frozen=True, kw_only=True)
class ClippingOptions:
    """Options of ``clipping``."""

    player: str = option("critic", choices=PLAYERS, help="whose weights are clipped")
    bound: float = option(0.01, gt=0, help="largest absolute value of a weight")

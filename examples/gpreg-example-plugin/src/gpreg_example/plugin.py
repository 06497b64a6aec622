"""What this package supplies. Read at every start of gpreg, so it imports no torch."""

from dataclasses import dataclass

import gpreg


@dataclass(frozen=True, kw_only=True)
class SkewedOptions:
    """Options of ``skewed``."""

    power: float = gpreg.option(
        2.0, gt=0, help="k in a = u^k: above 1 points lie closer to the fake end, below 1 to the real"
    )


@gpreg.hookimpl
def gpreg_measures() -> list[gpreg.MeasureSpec]:
    """One measure."""
    return [
        gpreg.MeasureSpec(
            name="skewed",
            factory="gpreg_example.skewed:Skewed",
            options=SkewedOptions,
            summary="between real and fake, closer to one end",
            penalty="E[|grad D|^2]",
            sampling="x = u^k x_d + (1-u^k) x_g",
            claims=(
                gpreg.Claim(assumption="5a", verdict="holds", because="mu does not depend on the critic"),
                gpreg.Claim(assumption="5c", verdict="fails", because="chords leave the support, unless it is convex"),
            ),
        )
    ]

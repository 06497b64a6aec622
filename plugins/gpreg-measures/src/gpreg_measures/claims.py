"""The claims of each measure: the corrected table of measures and assumptions.

All claims are about the ``squared`` form, to which the theorem is limited. They take for granted that the generator
can represent the data (realizability), that it is a differentiable reparametrisation, and that the latent space is
compact. S is the support of p_d and D* the critic at equilibrium. An assumption without a claim does not apply.

Interpolated points (gp, mid, g-anc) always cover S, so that 5b holds; 5c fails because they leave S. The theorem still
applies to them, by 6c, if grad D* = 0 at all these points, as it is for D* = 0.
"""

from gpreg import Claim


def _claims(**rows: str) -> tuple[Claim, ...]:
    """Claims from keywords such as ``A5a="holds: why"``."""
    claims = []
    for name, row in rows.items():
        verdict, _, because = row.partition(": ")
        # Claim itself checks the verdict
        claims.append(Claim(assumption=name.removeprefix("A"), verdict=verdict, because=because))  # type: ignore[arg-type]
    return tuple(claims)


CLIPPING = _claims(
    A5b="fails: there is no penalty, so nothing is covered; the linearised game oscillates undamped",
    A6b="fails: Q = 0",
)
REAL = _claims(
    A5a="holds: p_d is constant",
    A5b="holds: mu is p_d",
    A5c="holds: mu is p_d",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: the support of mu is S",
    A6c="holds: by assumption 1, D* is constant around S",
)
FAKE = _claims(
    A5a="holds: p_g tends to p_d with the generator's parameters",
    A5b="holds: mu tends to p_d",
    A5c="depends: on p_g entering a tube around S; fails if far mass vanishes only in weight",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: the limit of mu has support S",
    A6c="depends: on D* being flat on the support of p_g near the equilibrium",
)
ENDPOINTS = _claims(
    A5a="holds: p_d is constant and p_g tends to it; the limit is 2 p_d",
    A5b="holds: the limit of mu is 2 p_d",
    A5c="depends: on p_g entering a tube around S",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: the limit of mu has support S",
    A6c="depends: on D* being flat on the support of p_g near the equilibrium",
)
SEGMENTS = _claims(
    A5a="holds: mu tends to the law of a x + (1 - a) x' for independent real x, x'",
    A5b="holds: both ends fall near any point of S with positive probability",
    A5c="fails: chords leave S, unless S is convex",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: the limit of mu covers S",
    A6c="depends: on D* being flat on all chords of S",
)
MIDPOINTS = _claims(
    A5a="holds: mu tends to the law of (x + x') / 2 for independent real x, x'",
    A5b="holds: both ends fall near any point of S with positive probability (n atoms: mass 1/n is on data)",
    A5c="fails: midpoints leave S, unless S is midpoint-convex",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: the limit of mu covers S",
    A6c="depends: on D* being flat on all midpoints of S",
)
ANCHORED = _claims(
    A5a="holds: mu tends to the law of a A + (1 - a) x for real x",
    A5b="holds: a small a stays near any point of S",
    A5c="fails: the cone from A leaves S, unless S is star-shaped about A",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: the limit of mu covers S",
    A6c="depends: on D* being flat on the cone from A to S",
)
NOISY = _claims(
    A5a="holds: p_d and the noise are constant",
    A5b="holds: 0 is in the support of the noise",
    A5c="depends: on the noise staying within a tube around S; fails for Gaussian noise",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: mu covers S",
    A6c="depends: on D* being flat where the noise reaches",
)
BOX = _claims(
    A5a="holds: the box is constant",
    A5b="depends: on S lying in the box",
    A5c="fails: the box is larger than any tube around S, in general",
    A6a="holds: mu does not depend on the critic",
    A6b="depends: on S lying in the box, or Q being positive definite",
    A6c="depends: on D* being flat on the box",
)
LATENT = _claims(
    A5a="depends: on the encoder being frozen or converging",
    A5b="holds: for any encoder, by points close to the fake end",
    A5c="depends: as for p_g, if the support of the latent law is convex and contains the codes of S",
    A6a="holds: mu does not depend on the critic",
    A6b="holds: the limit of mu covers S",
    A6c="depends: on D* being flat on the support of p_g near the equilibrium",
)
WEIGHTED = _claims(
    A5a="fails: the mass depends on the critic",
    A5b="holds: at D* = 0 the limit of mu is p_d / 2",
    A5c="depends: on p_g entering a tube around S",
    A6a="holds: the support does not depend on the critic, and the mass is smooth and bounded by 2",
    A6b="holds: the limit of mu has support S; Q is half that of p_d",
    A6c="depends: on D* being flat on the support of p_g near the equilibrium",
)
MIXED = _claims(
    A5a="depends: holds if it holds for all parts",
    A5b="depends: holds if it holds for any part of positive weight",
    A5c="depends: holds if it holds for all parts",
    A6a="depends: holds if it holds for all parts",
    A6b="depends: holds if the parts together cover S",
    A6c="depends: holds if it holds for all parts",
)

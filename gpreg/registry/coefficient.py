"""The penalty's coefficient: one normal form, and what each paper's number means in it.

Every penalty here is ``(rho/2) * E_mu[form(grad D)]`` (Kim, Park and Hwang, Definition 4). Papers and code bases write
other multiples, so that "10" differs by a factor of two between them.
"""

from dataclasses import dataclass

from gpreg.errors import UsageError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Convention:
    """One way to write the coefficient.

    Attributes:
        name: the symbol, e.g. ``"lambda"``.
        term: the penalty, written with that symbol.
        factor: the number for which ``rho = factor * value``.
        used_by: the papers or code bases that follow this convention.
    """

    name: str
    term: str
    factor: float
    used_by: tuple[str, ...]


CONVENTIONS: tuple[Convention, ...] = (
    Convention(name="rho", term="(rho/2) E[...]", factor=1.0, used_by=("Kim, Park and Hwang, Definition 4", "gpreg")),
    Convention(
        name="gamma",
        term="(gamma/2) E[...]",
        factor=1.0,
        used_by=("Mescheder et al. 2018 (R1, R2)", "R3GAN", "StyleGAN3", "StudioGAN", "BasicSR"),
    ),
    Convention(
        name="lambda",
        term="lambda E[...]",
        factor=2.0,
        used_by=("Gulrajani et al. 2017 (WGAN-GP)", "Thanh-Tung et al. 2019 (0-GP)", "the code of GAN_stability"),
    ),
)
"""All known conventions. All penalise the critic's raw output; a penalty on its sigmoid is 16 times weaker where the
output is 0."""


def to_rho(value: float, convention: str) -> float:
    """The coefficient in normal form, e.g. ``to_rho(10, "lambda") == 20.0``.

    Raises:
        UsageError: the convention is unknown.
    """
    factors = {known.name: known.factor for known in CONVENTIONS}
    if convention not in factors:
        raise UsageError(
            f"there is no convention {convention!r}{did_you_mean(convention, factors)}; known are {', '.join(factors)}"
        )
    return value * factors[convention]


def in_conventions(rho: float) -> str:
    """The coefficient in all conventions, for the user: ``"rho=20 (gamma=20, lambda=10)"``."""
    normal, *others = (f"{convention.name}={rho / convention.factor:g}" for convention in CONVENTIONS)
    return f"{normal} ({', '.join(others)})"

"""The toys by name."""

from collections.abc import Callable
from dataclasses import dataclass

from gpreg.errors import UnknownNameError
from gpreg_theory.toys.degenerate import degenerate
from gpreg_theory.toys.dirac import dirac
from gpreg_theory.toys.mass_transfer import mass_transfer
from gpreg_theory.toys.ring import ring
from gpreg_theory.toys.system import ToySystem
from gpreg_theory.toys.two_mode import two_mode
from gpreg_theory.toys.uniform import uniform


@dataclass(frozen=True, kw_only=True)
class Toy:
    """An entry of the catalogue.

    Attributes:
        name: the name that is typed.
        summary: what it is, in a line.
        builder: builds the toy from the choices of :class:`gpreg_theory.toys.regularizer.Choices`, given by keyword.
        alias: another name.
    """

    name: str
    summary: str
    builder: Callable[..., ToySystem]
    alias: str | None = None


TOYS: dict[str, Toy] = {
    toy.name: toy
    for toy in (
        Toy(
            name="dirac",
            alias="lemma-1",
            summary="D = psi x, data at 0, model at theta; only the mass of the measure counts",
            builder=dirac,
        ),
        Toy(
            name="uniform",
            alias="lemma-2",
            summary="D = psi x^2, data U(-1, 1), model theta U(-1, 1); the measure counts by E_mu[x^2]",
            builder=uniform,
        ),
        Toy(
            name="degenerate",
            alias="lemma-3",
            summary="D = psi x^2, data at 0, model at theta; a line of equilibria, and D vanishes at one of them only",
            builder=degenerate,
        ),
        Toy(
            name="two-mode",
            summary="D = psi_1 x + psi_2 x^2, model theta_1 + theta_2 U(-1, 1); one rho for two modes",
            builder=two_mode,
        ),
        Toy(
            name="ring",
            summary="a critic that sees each atom by itself; measures differ by how much they cover",
            builder=ring,
        ),
        Toy(
            name="mass-transfer",
            summary="a generator that is no reparametrisation; penalties on p_d and p_g do not damp it",
            builder=mass_transfer,
        ),
    )
}
"""All toys by their names."""


def find_toy(name: str) -> Toy:
    """Find a toy by its name or alias.

    Raises:
        UnknownNameError: there is none.
    """
    for toy in TOYS.values():
        if name in (toy.name, toy.alias):
            return toy
    raise UnknownNameError("toy", name, TOYS, listing="gpreg stability --help")

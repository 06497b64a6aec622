"""The toys by name."""

from collections.abc import Callable
from dataclasses import dataclass

from gpreg.errors import UnknownNameError
from gpreg.theory.toys.dirac import dirac
from gpreg.theory.toys.system import ToySystem
from gpreg.theory.toys.uniform import uniform


@dataclass(frozen=True, kw_only=True)
class Toy:
    """One toy.

    Attributes:
        name: as typed.
        title: as printed.
        summary: in a line.
        builder: takes the choices of :class:`gpreg.theory.toys.Choices` by keyword.
        alias: another name.
    """

    name: str
    title: str
    summary: str
    builder: Callable[..., ToySystem]
    alias: str | None = None


TOYS: dict[str, Toy] = {
    toy.name: toy
    for toy in (
        Toy(
            name="dirac",
            alias="lemma-1",
            title="Dirac-GAN (Lemma 1)",
            summary="D = psi x, data at 0, model at theta; only the mass of the measure counts",
            builder=dirac,
        ),
        Toy(
            name="uniform",
            alias="lemma-2",
            title="uniform GAN (Lemma 2)",
            summary="D = psi x^2, data U(-1, 1), model theta U(-1, 1); the measure counts by E_mu[x^2]",
            builder=uniform,
        ),
    )
}
"""Every toy by its name."""


def find_toy(name: str) -> Toy:
    """A toy by its name or alias.

    Raises:
        UnknownNameError: there is none.
    """
    for toy in TOYS.values():
        if name in (toy.name, toy.alias):
            return toy
    raise UnknownNameError("toy", name, TOYS, listing="gpreg stability --help")

"""The uniform GAN of Lemma 2."""

from collections.abc import Callable, Iterable
from typing import Unpack

import numpy as np
from scipy.optimize import brentq

from gpreg_theory.linear.game import Vector
from gpreg_theory.toys.builder import built
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quadrature import Distribution
from gpreg_theory.toys.quantity import Quantity
from gpreg_theory.toys.regularizer import Choices, Regularizer
from gpreg_theory.toys.system import Array, ToySystem


def uniform(**choices: Unpack[Choices]) -> ToySystem:
    """``D = psi x^2``, p_d = U(-1, 1), p_theta = U(-|theta|, |theta|) (Kim, Park and Hwang 2018, Lemma 2).

    For the Wasserstein loss, a measure that does not depend on psi, and ``E = E_mu[x^2]``::

        psi'   = (1 - theta^2)/3 - 4 rho psi E
        theta' = (2/3) psi theta

    At (0, +-1) the eigenvalues are ``-2 rho E +- sqrt(4 rho^2 E^2 - 4/9)``; the largest rate, 2/3, is reached at
    ``rho = 1/(3 E)`` with any measure. More is true than the lemma says: ``H = psi^2 + theta^2/2 - ln|theta|`` has the
    derivative ``-8 rho psi^2 E`` along the flow, so that each of the half-planes theta > 0 and theta < 0 is attracted
    to its equilibrium if E > 0 for theta != 0. If E > 0 at theta = 0, ``(1/(12 rho E), 0)`` is a saddle between them.

    Args:
        choices: measure, form, loss and rho, see :class:`Choices`.

    Raises:
        UsageError: the measure cannot be used here.
    """
    players = Players(
        p=1,
        q=1,
        d=1,
        features=lambda x: x.square(),
        gradient=lambda x: 2 * x[..., None],
        real=Distribution.uniform(),
        latent=Distribution.uniform(),
        generate=lambda theta, z: theta[:, None] * z,
    )
    return built("uniform", "uniform GAN (Lemma 2)", players, [0.0, 1.0], choices, energy=_energy, candidates=_others)


def _energy(regularizer: Regularizer) -> Quantity | None:
    if not regularizer.simple or (regularizer.depends_on_psi and not regularizer.idle):
        return None
    return Quantity(
        formula="psi^2 + theta^2/2 - ln|theta|",
        evaluate=_height,
        derivative=regularizer.along("-8 rho psi^2 E_mu[x^2]"),
    )


def _height(z: Array) -> Array:
    psi, theta = z[..., 0], z[..., 1]
    height: Array = psi**2 + theta**2 / 2 - np.log(np.abs(theta))
    return height


def _others(system: ToySystem) -> Iterable[tuple[Vector, str]]:
    """The mirror image of the equilibrium, and the equilibria on theta = 0, where theta' is 0."""
    yield np.array([0.0, -1.0]), "desired, with the generator's sign changed"
    for psi in _roots(lambda psi: system.field(np.stack([psi, 0 * psi], axis=-1))[..., 0]):
        yield np.array([psi, 0.0]), "p_theta is a point mass; between the basins of the two others"


def _roots(function: Callable[[Array], Array], reach: float = 1e3) -> list[float]:
    """Find where a function of one coordinate changes its sign between ``-reach`` and ``reach``.

    Args:
        function: the function, ``(n,) -> (n,)``.
        reach: the largest modulus that is searched; the grid is logarithmic, and separates roots that are 2 % apart.
    """
    positive = np.geomspace(1e-4, reach, 800)
    grid = np.concatenate([-positive[::-1], positive])
    signs = np.sign(function(grid))
    return [
        float(brentq(lambda x: float(function(np.array([x]))[0]), grid[i], grid[i + 1], xtol=1e-13))
        for i in np.flatnonzero(signs[:-1] * signs[1:] < 0)
    ]

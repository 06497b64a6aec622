"""The Dirac-GAN of Lemma 1."""

from typing import Unpack

import numpy as np
import torch

from gpreg_theory.toys.builder import built
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quadrature import Distribution
from gpreg_theory.toys.quantity import Quantity
from gpreg_theory.toys.regularizer import Choices, Regularizer
from gpreg_theory.toys.system import ToySystem


def dirac(*, noise: float = 0.0, **choices: Unpack[Choices]) -> ToySystem:
    """``D = psi x``, p_d = delta_0, p_theta = delta_theta (Mescheder et al. 2018; Kim, Park and Hwang 2018, Lemma 1).

    For the Wasserstein loss, and a measure of mass M(psi, theta), wherever its points are::

        psi'   = -theta - rho psi M - (rho/2) psi^2 dM/dpsi
        theta' = psi

    so that J at (0, 0) is ``[[-rho M(0, 0), -1], [1, 0]]``, with eigenvalues
    ``(-rho M_0 +- sqrt(rho^2 M_0^2 - 4)) / 2``. Along the flow ``d/dt (psi^2 + theta^2) = -rho psi^2 (2 M + psi
    dM/dpsi)``; the proof of Lemma 1 drops the factor rho/2. The basin estimate of
    :func:`gpreg_theory.toys.basin_radius` rests on the sign of this derivative.

    Args:
        noise: the standard deviation of Gaussian instance noise, added to real and fake samples alike. It has no effect
            on the Wasserstein loss; for a concave f, without a penalty, the eigenvalues are
            ``f'' s^2 +- sqrt(f''^2 s^4 - f'^2)`` with f' and f'' at 0.
        choices: measure, form, loss and rho, see :class:`Choices`.

    Raises:
        UsageError: the measure cannot be used here.
    """
    origin = torch.zeros(1, 1, dtype=torch.float64)
    law = Distribution.normal(noise) if noise else Distribution.atoms(origin)
    players = Players(
        p=1,
        q=1,
        d=1,
        features=lambda x: x,
        gradient=lambda x: torch.ones_like(x)[..., None],
        real=law,
        latent=law,
        generate=lambda theta, z: theta[:, None] + z,
    )
    return built("dirac", "Dirac-GAN (Lemma 1)", players, [0.0, 0.0], choices, energy=_energy)


def _energy(regularizer: Regularizer) -> Quantity | None:
    if not regularizer.simple:
        return None
    return Quantity(
        formula="psi^2 + theta^2",
        evaluate=lambda z: np.square(z).sum(axis=-1),
        derivative=regularizer.along("-rho psi^2 (2 M + psi dM/dpsi)"),
    )

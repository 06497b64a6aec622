"""A GAN with two modes, mean and width, that no single rho suits."""

from typing import Unpack

import numpy as np
import torch

from gpreg_theory.toys.builder import built
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quadrature import Distribution
from gpreg_theory.toys.regularizer import Choices
from gpreg_theory.toys.system import ToySystem


def two_mode(**choices: Unpack[Choices]) -> ToySystem:
    """``D = psi_1 x + psi_2 x^2``, ``G = theta_1 + theta_2 z``, z ~ U(-1, 1), p_d = U(-1, 1).

    At (0, 0, 0, 1), with ``m = E_mu[x]`` and ``E = E_mu[x^2]``, ``Q = [[M, 2m], [2m, 4E]]`` for a measure of mass M and
    ``R = diag(1, 2/3)``. No measure with any rho has a rate above ``(det R)^(1/2) = 0.8165``. With m = 0 the best rate
    is 2/3, which mu_GP and mu_mid reach at their best rho; p_d reaches 0.516.

    Args:
        choices: measure, form, loss and rho, see :class:`Choices`.

    Raises:
        UsageError: the measure cannot be used here.
    """
    players = Players(
        p=2,
        q=2,
        d=1,
        features=lambda x: torch.cat([x, x.square()], dim=-1),
        gradient=lambda x: torch.stack([torch.ones_like(x), 2 * x], dim=-2),
        real=Distribution.uniform(),
        latent=Distribution.uniform(),
        generate=lambda theta, z: theta[:, :1, None] + theta[:, 1:, None] * z,
    )
    return built(
        "two-mode",
        "two modes: mean and width",
        players,
        [0.0, 0.0, 0.0, 1.0],
        choices,
        coordinates=("psi_1", "psi_2", "theta_1", "theta_2"),
        candidates=lambda system: [(np.array([0.0, 0.0, 0.0, -1.0]), "desired, with the width's sign changed")],
    )

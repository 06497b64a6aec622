"""A generator that moves mass instead of points, against a hidden assumption of the theorem."""

import math
from typing import Unpack

import torch

from gpreg_theory.toys.builder import built
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quadrature import Distribution
from gpreg_theory.toys.regularizer import Choices
from gpreg_theory.toys.system import ToySystem


def mass_transfer(**choices: Unpack[Choices]) -> ToySystem:
    """``D = psi sin(pi x / 2)``, half of p_d at -1 and half at 1; p_theta has 1/2 - theta at -1 and 1/2 + theta at 1.

    The generator is a step function of the latent code, and no differentiable reparametrisation. The proof of the
    convergence theorem (Kim, Park and Hwang 2018, Theorem 1) needs one without saying so: otherwise the derivative by
    theta of ``E_ptheta[grad_psi D]`` need not vanish where grad_x D does. With the measure p_d, assumptions 1 to 5 hold
    literally, but Q = 0 and R = 2, so that the eigenvalues are +-2i. Measures between the two atoms damp the game: Q is
    ``pi^2/8`` for midpoints and ``pi^2/16`` for mu_GP.

    The probabilities make sense for ``|theta| <= 1/2``.

    Args:
        choices: measure, form, loss and rho, see :class:`Choices`.

    Raises:
        UsageError: the measure cannot be used here.
    """
    atoms = torch.tensor([[-1.0], [1.0]], dtype=torch.float64)
    half = math.pi / 2
    players = Players(
        p=1,
        q=1,
        d=1,
        features=lambda x: torch.sin(half * x),
        gradient=lambda x: half * torch.sin(half * (1 - x.abs()))[..., None],  # the cosine, exactly 0 at the atoms
        real=Distribution.atoms(atoms),
        latent=Distribution.atoms(atoms),
        generate=lambda theta, z: z.expand(len(theta), *z.shape),
        probabilities=lambda theta: 0.5 + theta * atoms[:, 0],
        resolution=16,
    )
    return built("mass-transfer", "mass transfer between two atoms", players, [0.0, 0.0], choices)

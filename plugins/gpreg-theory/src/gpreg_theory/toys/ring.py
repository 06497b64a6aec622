"""Atoms on a circle, with features of the critic that see one atom each."""

import math
from typing import Unpack

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg_theory.toys.builder import built
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quadrature import Distribution
from gpreg_theory.toys.regularizer import Choices
from gpreg_theory.toys.system import ToySystem


def ring(*, modes: int = 8, width: float = 0.3, radius: float = math.sqrt(2), **choices: Unpack[Choices]) -> ToySystem:
    """N atoms c_i on a circle; ``D = sum_ik psi_ik (x - c_i)_k exp(-|x - c_i|^2 / (2 w^2))``; G moves the atoms.

    p_d has mass 1/N at each c_i and p_theta at each ``c_i + theta_i``, so that p = q = 2N. The critic's features are
    local, so that an atom's modes are hardly damped where mu has no mass near it. For features that do not overlap at
    all, R = I/N; for w = 0.3 and 8 atoms, the smallest singular value is 0.121.

    Args:
        modes: the number of atoms N, at least 2.
        width: the features' standard deviation w, in the units of the radius; above 0.
        radius: the radius of the circle.
        choices: measure, form, loss and rho, see :class:`Choices`.

    Raises:
        UsageError: there are fewer than 2 modes, the width is not above 0, or the measure cannot be used here.
    """
    if modes < 2 or not width > 0 or not radius > 0:
        raise UsageError(f"a ring of {modes} modes with width {width:g} and radius {radius:g} is none")
    angles = 2 * torch.pi * torch.arange(modes, dtype=torch.float64) / modes
    centres = radius * torch.stack([angles.cos(), angles.sin()], dim=1)
    features = Bumps(centres, width)
    players = Players(
        p=2 * modes,
        q=2 * modes,
        d=2,
        features=features,
        gradient=features.gradient,
        real=Distribution.atoms(centres),
        latent=Distribution.atoms(torch.eye(modes, dtype=torch.float64)),
        generate=lambda theta, z: z @ (centres + theta.unflatten(1, (modes, 2))),
        resolution=32,
    )
    names = [f"{player}_{i}{axis}" for player in ("psi", "theta") for i in range(1, modes + 1) for axis in "xy"]
    title = f"ring of {modes} atoms, local features"
    return built("ring", title, players, [0.0] * len(names), choices, coordinates=tuple(names))


class Bumps:
    """The features ``phi_ik(x) = (x - c_i)_k b(|x - c_i|)``, with a Gaussian b that is 1 at 0.

    Args:
        centres: the atoms c, ``(N, d)``.
        width: the standard deviation of b.
    """

    def __init__(self, centres: Tensor, width: float) -> None:
        self.centres, self.width = centres, width

    def __call__(self, x: Tensor) -> Tensor:
        """phi, ``(..., d) -> (..., N d)``."""
        away, bump = self._parts(x)
        return (away * bump[..., None]).flatten(-2)

    def gradient(self, x: Tensor) -> Tensor:
        """The derivative of phi, ``(..., d) -> (..., N d, d)``."""
        away, bump = self._parts(x)
        d = x.shape[-1]
        outer = away[..., :, None] * away[..., None, :] / self.width**2
        return ((torch.eye(d, dtype=x.dtype) - outer) * bump[..., None, None]).flatten(-3, -2)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        away = x[..., None, :] - self.centres
        return away, (-away.square().sum(-1) / (2 * self.width**2)).exp()

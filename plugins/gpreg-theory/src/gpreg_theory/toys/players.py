"""The two players of a toy: a critic that is linear in its parameters, and a generator."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gpreg_theory.toys.quadrature import Distribution, Nodes


@dataclass(frozen=True, kw_only=True, eq=False)
class Players:
    """A critic ``D(x; psi) = psi . phi(x)``, a generator ``G(z; theta)``, and the laws of x and z, in float64.

    S is the number of states ``(psi, theta)`` that are computed together.

    Attributes:
        p, q: dimensions of psi and theta.
        d: dimension of a sample.
        features: phi, ``(..., d) -> (..., p)``.
        gradient: the derivative of phi, ``(..., d) -> (..., p, d)``.
        real: the data's law p_d.
        latent: the law of z.
        generate: G, ``theta (S, q), z (m, l) -> (S, m, d)``; differentiable in theta.
        probabilities: ``theta (S, q) -> (S, m)``, the latent atoms' probabilities where they depend on theta, so that
            the generator is no reparametrisation; ``None`` where they do not.
        resolution: the number of nodes for a random number that a measure draws; 8 are exact up to degree 15.
    """

    p: int
    q: int
    d: int
    features: Callable[[Tensor], Tensor]
    gradient: Callable[[Tensor], Tensor]
    real: Distribution
    latent: Distribution = field(default_factory=lambda: Distribution.atoms(torch.zeros(1, 1, dtype=torch.float64)))
    generate: Callable[[Tensor, Tensor], Tensor]
    probabilities: Callable[[Tensor], Tensor] | None = None
    resolution: int = 8

    def fake(self, theta: Tensor, *, equal: bool = False) -> Nodes:
        """Nodes ``(S, m, d)`` and weights ``(S, m)`` of p_theta at ``theta``, ``(S, q)``."""
        latent = self.latent.equal if equal else self.latent.gauss
        points = self.generate(theta, latent.points)
        if self.probabilities is None:
            return Nodes(points, latent.weights.expand(points.shape[:2]))
        return Nodes(points, self.probabilities(theta))


class LinearCritic(nn.Module):
    """``D(x) = psi . phi(x)`` for one psi, as a penalty measure sees it: ``(B, d) -> (B,)``."""

    def __init__(self, players: Players, psi: Tensor) -> None:
        super().__init__()
        self.players = players
        self.psi = nn.Parameter(psi.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """``(B, d) -> (B,)``."""
        return self.players.features(x) @ self.psi

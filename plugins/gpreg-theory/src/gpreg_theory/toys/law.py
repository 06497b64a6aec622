"""The penalty measure of a toy as weighted quadrature nodes, for many states at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quadrature import Nodes

MassFunction = Callable[[Tensor, Tensor], Tensor]
"""A mass function ``M(psi, theta)``, written with operators and torch functions: ``(S,), (S,) -> (S,)`` for players
with one parameter each, ``(S, p), (S, q) -> (S,)`` otherwise."""


class PenaltyLaw(ABC):
    """A finite measure mu that may depend on psi and theta."""

    @abstractmethod
    def nodes(self, players: Players, psi: Tensor, theta: Tensor) -> Nodes | None:
        """Points ``(S, N, d)`` and weights ``(S, N)`` whose sums are integrals by mu; ``None`` for the zero measure.

        S may be 1 if they are the same for all states.

        Args:
            players: the toy.
            psi: ``(S, p)``. Points and weights that depend on psi carry its graph, because the derivative of
                ``(rho/2) integral of |grad D|^2 d mu`` by psi includes mu's (Kim, Park and Hwang 2018, Definition 4).
            theta: ``(S, q)``, without a graph, because mu's dependence on theta is never differentiated.
        """


class Mass(PenaltyLaw):
    """``mu = M(psi, theta) nu`` with a fixed law nu, which are the measures of Lemma 1 in full generality.

    Args:
        function: the mass M. On the Dirac-GAN only M matters, not where the points are.
        at: ``(n, d)``, the equally weighted points of nu; ``None`` if nu is p_d.
    """

    def __init__(self, function: MassFunction, at: Tensor | None = None) -> None:
        self.function, self.at = function, at

    def nodes(self, players: Players, psi: Tensor, theta: Tensor) -> Nodes:
        """The nodes of nu, weighted by M."""
        points, weights = players.real.gauss
        if self.at is not None:
            points = self.at.to(points).reshape(-1, players.d)
            weights = points.new_full((len(points),), 1 / len(points))
        mass = evaluate_mass(self.function, psi, theta)
        return Nodes(points[None], mass[:, None] * weights)


class MovingPoint(PenaltyLaw):
    """``mu = delta_psi``, a point mass at the critic's own parameters, for samples of psi's dimension.

    It is neither independent of psi nor weakly differentiable in it, so that the convergence theorem does not cover it.
    """

    def nodes(self, players: Players, psi: Tensor, theta: Tensor) -> Nodes:
        """The single point.

        Raises:
            UsageError: samples and psi have different dimensions.
        """
        if players.p != players.d:
            raise UsageError(
                f"delta_psi needs samples of psi's dimension; here a sample has {players.d} coordinates and psi "
                f"{players.p}"
            )
        return Nodes(psi[:, None], psi.new_ones(len(psi), 1))


def evaluate_mass(function: MassFunction, psi: Tensor, theta: Tensor) -> Tensor:
    """Evaluate M at S states, ``(S,)``, with the graph of psi.

    Raises:
        UsageError: the function does not take tensors, or returns something of another shape.
    """
    scalar = psi.shape[1] == theta.shape[1] == 1
    try:
        mass = function(psi[:, 0], theta[:, 0]) if scalar else function(psi, theta)
        return torch.as_tensor(mass, dtype=torch.float64).expand(len(psi))
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"the mass function failed on tensors: {error}",
            remedy="write it elementwise, with operators and torch functions: lambda psi, theta: torch.exp(-psi**2)",
        ) from error

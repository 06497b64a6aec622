"""The degenerate system of Lemma 3, which has equilibria other than the desired one."""

from collections.abc import Iterable
from typing import Literal, Unpack

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from gpreg.errors import UsageError
from gpreg_theory.linear.game import Vector
from gpreg_theory.toys.builder import built
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quadrature import Distribution
from gpreg_theory.toys.quantity import Quantity
from gpreg_theory.toys.regularizer import Choices, Regularizer
from gpreg_theory.toys.system import Array, ToySystem


def degenerate(**choices: Unpack[Choices]) -> ToySystem:
    """``D = psi x^2``, p_d = delta_0, p_theta = delta_theta, by default with mu_GP (Kim, Park and Hwang 2018, Lemma 3).

    For the Wasserstein loss and a measure with ``E_mu[x^2] = e theta^2`` (mu_GP: e = 1/3), with ``k = 4 rho e``::

        psi'   = -theta^2 (1 + k psi)
        theta' = 2 psi theta

    Every point (a, 0) is an equilibrium, with eigenvalues 0 and 2a. At the desired one, (0, 0), R = 0 and
    ``g(theta) = theta^4``, which violates assumption 2. Assumption 4 is violated too, because D is not constant at
    (a, 0) with a != 0. The flow conserves ``2 psi/k - (2/k^2) ln|1 + k psi| + theta^2/2``, or ``psi^2 + theta^2/2`` for
    k = 0. The paper's Figure 3 has rho = 3/8, so that k = 1/2.

    Args:
        choices: measure, form, loss and rho, see :class:`Choices`.

    Raises:
        UsageError: the measure cannot be used here.
    """
    choices = {"measure": "gp"} | choices
    origin = torch.zeros(1, 1, dtype=torch.float64)
    players = Players(
        p=1,
        q=1,
        d=1,
        features=lambda x: x.square(),
        gradient=lambda x: 2 * x[..., None],
        real=Distribution.atoms(origin),
        generate=lambda theta, z: theta[:, None] + 0 * z,
    )

    def energy(regularizer: Regularizer) -> Quantity | None:
        k = _strength(players, regularizer)
        return None if k is None else Level(k).quantity

    title = "degenerate equilibria (Lemma 3)"
    return built("degenerate", title, players, [0.0, 0.0], choices, energy=energy, candidates=_axis)


class Level:
    """The quantity that Lemma 3's flow conserves, for k = 4 rho e, and what follows from it.

    Args:
        k: at least 0; 1/2 in the paper's Figure 3.
    """

    def __init__(self, k: float) -> None:
        self.k = k

    @property
    def quantity(self) -> Quantity:
        """The conserved quantity, with its formula."""
        formula = "2 psi/k - (2/k^2) ln|1 + k psi| + theta^2/2" if self.k else "psi^2 + theta^2/2"
        return Quantity(formula=formula + f", k = {self.k:.6g}" * bool(self.k), evaluate=self)

    def __call__(self, z: Array) -> Array:
        """The quantity at states, ``(..., 2) -> (...)``; infinite on the line psi = -1/k."""
        level: Array = self._height(z[..., 0]) + z[..., 1] ** 2 / 2
        return level

    def region(self, z0: ArrayLike) -> Literal["A", "B", "C", "nullcline", "axis"]:
        """The part of Figure 3 in which a state lies.

        Returns:
            ``"A"``: psi < -1/k; psi rises, and the orbit ends left of -1/k. ``"B"``: -1/k < psi <= 0. ``"C"``:
            psi > 0; |theta| grows, the orbit crosses psi = 0 with theta' = 0 and goes on as in B. ``"nullcline"``:
            psi = -1/k; only theta moves. ``"axis"``: theta = 0; nothing moves.
        """
        psi, theta = np.asarray(z0, dtype=np.float64)
        if theta == 0:
            return "axis"
        slope = 1 + self.k * psi
        return "nullcline" if abs(slope) < 1e-12 else "A" if slope < 0 else "C" if psi > 0 else "B"

    def limit(self, z0: ArrayLike) -> float:
        """The b of the point (b, 0) where the orbit from a state ends; b < 0 unless it starts on the axis.

        Args:
            z0: ``(2,)``, the state.
        """
        state = np.asarray(z0, dtype=np.float64)
        where = self.region(state)
        if where in ("axis", "nullcline"):
            return float(state[0])
        level = float(self(state))
        if not self.k:
            return -float(np.sqrt(level))
        edge = -1 / self.k

        def excess(log_distance: float) -> float:  # the distance from the nullcline, where the height is infinite
            distance = np.exp(log_distance)
            return float(self._height(np.asarray(edge + (-distance if where == "A" else distance)))) - level

        low, high = -600.0, float(np.log(-edge))
        if where == "A":
            high = 1.0
            while excess(high) > 0:
                high += 1.0
        elif excess(high) >= 0:
            return 0.0
        low = np.log(-edge * 1e-15) if excess(np.log(-edge * 1e-15)) > 0 else low
        distance = float(np.exp(brentq(excess, low, high, xtol=1e-14)))
        return edge + (-distance if where == "A" else distance)

    def _height(self, psi: Array) -> Array:
        height: Array = (
            2 * psi / self.k - 2 / self.k**2 * np.log(np.abs(1 + self.k * psi)) if self.k else np.square(psi)
        )
        return height


def level_of(system: ToySystem) -> Level:
    """The conserved quantity of a system made by :func:`degenerate`.

    Raises:
        UsageError: there is none, because loss, form or measure are not those of Lemma 3.
    """
    energy = system.energy
    if energy is None or not isinstance(energy.evaluate, Level):
        raise UsageError("only degenerate(measure=...) with the Wasserstein loss and E_mu[x^2] = e theta^2 has levels")
    return energy.evaluate


def _strength(players: Players, regularizer: Regularizer) -> float | None:
    """The constant k = 4 rho e if ``E_mu[x^2] = e theta^2`` at all psi and theta that are tried; else ``None``."""
    if not regularizer.simple or regularizer.bounds is not None:
        return None
    psi, theta = torch.tensor([[1.0, 0.5], [-0.5, 1.0], [2.0, -2.0]], dtype=torch.float64).split(1, dim=1)
    value = regularizer.value(players, psi.requires_grad_(), theta)
    if value is None:
        return 0.0
    (slope,) = torch.autograd.grad(value.sum(), psi) if value.requires_grad else (torch.zeros_like(psi),)
    k = (slope / (psi * theta.square())).detach()
    return float(k[0]) if torch.allclose(k, k[0].expand_as(k), rtol=1e-9, atol=1e-12) else None


def _axis(system: ToySystem) -> Iterable[tuple[Vector, str]]:
    """Two examples of the points on theta = 0, all of which are equilibria."""
    for a in (-1.0, 1.0):
        point = np.array([a, 0.0])
        if not np.any(np.abs(system.field(point)) > 1e-12):
            yield point, f"one of the line theta = 0, transverse eigenvalue 2 psi; D = {a:g} x^2 is not constant"

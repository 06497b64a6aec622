"""A toy system: the vector field of a GAN of a few parameters, its Jacobian, its linearisation, its updates."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from gpreg.errors import UsageError
from gpreg.interfaces import GANLoss
from gpreg_theory.linear.game import LinearGame, Matrix, Vector
from gpreg_theory.toys.equilibrium import Equilibrium, classified
from gpreg_theory.toys.objective import Outputs, critic_objective, generator_objective, generator_slope
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quantity import Quantity
from gpreg_theory.toys.regularizer import Regularizer

Array = NDArray[np.float64]

STEP = 1e-2
"""The step of the difference quotients, which are exact for polynomials up to degree 8."""

STENCIL = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
"""The weights of the central differences over 1, 2, 3 and 4 steps."""

NUMBERS = 2**21
"""The most numbers in a tensor where many states are computed together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ToySystem:
    """The simultaneous gradient flow of a regularized GAN with a few parameters z = (psi, theta).

    psi follows the gradient of the critic's objective ``E_pd f(D) + E_ptheta f(-D) - (rho/2) integral of form(grad_x D)
    d mu``, including the dependence of mu on psi. theta follows minus the gradient of the generator's objective
    ``E_ptheta f(-D)``; the dependence of mu on theta is never differentiated (Kim, Park and Hwang 2018, Definition 4,
    for f(t) = t). Expectations are sums over quadrature nodes.

    Attributes:
        name, title: as listed by ``gpreg stability``.
        players, regularizer, loss: what the system is made of.
        coordinates: the names of the coordinates, psi's before theta's.
        equilibrium: ``(p + q,)``, the desired equilibrium, where D is constant and p_theta = p_d.
        energy: what the flow without a penalty conserves, and how the penalty changes it; ``None`` if nothing is known.
        candidates: finds further equilibria, with a note on each.
    """

    name: str
    title: str
    players: Players
    regularizer: Regularizer
    loss: GANLoss
    coordinates: tuple[str, ...]
    equilibrium: Vector
    energy: Quantity | None = None
    candidates: Callable[["ToySystem"], Iterable[tuple[Vector, str]]] = field(default=lambda system: (), repr=False)

    @property
    def p(self) -> int:
        """Number of the critic's parameters."""
        return self.players.p

    @property
    def q(self) -> int:
        """Number of the generator's parameters."""
        return self.players.q

    @property
    def rho(self) -> float:
        """The penalty's coefficient."""
        return self.regularizer.rho

    @property
    def conserved(self) -> Quantity | None:
        """What the flow conserves; ``None`` if nothing is known."""
        return self.energy if self.energy is not None and self.energy.derivative == "0" else None

    def field(self, z: ArrayLike) -> Array:
        """The time derivatives of the coordinates, ``(..., p + q) -> (..., p + q)``.

        Where psi is clipped, a velocity that leads out of the bounds is 0, and a psi beyond the bounds counts as on
        them.
        """
        states = self._states(z)
        chunks = [self._velocity(chunk) for chunk in np.split(states, range(self._chunk, len(states), self._chunk))]
        return np.concatenate(chunks).reshape(np.shape(z))

    def jacobian(self, z: ArrayLike | None = None) -> Matrix:
        """``(p + q, p + q)``, the derivative of the field inside the bounds of psi, by default at the equilibrium.

        It is computed by central differences of eighth order with two steps, whose results must agree.

        Raises:
            UsageError: the field is not smooth there, so that it has no Jacobian.
        """
        point = self.equilibrium if z is None else self._states(z)[0]
        bounds, step = self.regularizer.bounds, STEP
        if bounds is not None:
            room = min(point[: self.p].min() - bounds[0], bounds[1] - point[: self.p].max())
            step = min(STEP, room / 5) if room > 0 else STEP
        steps = np.array([step, step / 2])[:, None, None, None]
        shifts = steps * np.arange(1, 5)[:, None, None] * np.eye(self.p + self.q)
        ahead, behind = self.field(np.stack([point + shifts, point - shifts]))
        coarse, fine = np.einsum("k,skij->sji", STENCIL, ahead - behind) / steps[:, :, :, 0]
        jacobian: Matrix = coarse
        if not np.allclose(coarse, fine, rtol=1e-4, atol=1e-4 * float(np.abs(coarse).max())):
            raise UsageError(
                f"the field of {self.name} is not smooth at {point.tolist()}, so that it has no Jacobian there; "
                "follow its trajectories instead"
            )
        return jacobian

    def linear(self, rho: float | None = None) -> LinearGame:
        """Linearise the game at the equilibrium, with Q, R and K by quadrature.

        Q is ``E_mu[B^T H B] / 2`` with H the second derivative of the form at 0, which is ``E_mu[B^T B]`` for ``|g|^2``
        and 0 for a form that is flat around 0. It does not depend on how fast mu moves with psi, because D = 0 there.

        Args:
            rho: the coefficient; by default the system's.

        Raises:
            UsageError: the loss has not the form ``E f(D) + E f(-D)``, or its generator another slope at D = 0; or
                the penalty's form has a kink at 0, so that the field jumps at the equilibrium.
        """
        f = self.loss.concave
        if f is None:
            raise UsageError(
                f"the loss {type(self.loss).__name__} has not the form E f(D) + E f(-D); "
                "its Jacobian is known, but not as Q, R and K"
            )
        slope = generator_slope(self.loss)
        if abs(slope + f.slope) > 1e-9 * abs(f.slope):
            raise UsageError(
                f"at D = 0 the generator's loss has the slope {slope:g} and the critic's f has {f.slope:g}; "
                "a linearised game needs the same pull on both sides",
                remedy="choose a saturating or non-saturating generator, or rescale its learning rate",
            )
        psi, theta = self._tensors(self.equilibrium[None])
        phi, weights = self.players.features(self.players.real.gauss.points), self.players.real.gauss.weights
        rho = self.rho if rho is None else rho
        return LinearGame(
            Q=self.regularizer.curvature(self.players, psi, theta).numpy(),
            R=_coupling(self.players, theta[0]).numpy(),
            K=torch.einsum("n,np,nr->pr", weights, phi, phi).numpy(),
            rho=rho,
            slope=f.slope,
            curvature=f.curvature,
        )

    def update(
        self,
        z: ArrayLike,
        h: float,
        scheme: Literal["simultaneous", "alternating"] = "simultaneous",
        *,
        critic_steps: int = 1,
        generator_rate: float | None = None,
    ) -> Array:
        """Do one step of gradient descent and ascent, ``(..., p + q) -> (..., p + q)``.

        Args:
            z: the states.
            h: the learning rate of the critic, and also of the generator unless ``generator_rate`` is given.
            scheme: whether the generator sees the critic before its steps (simultaneous) or after them (alternating).
            critic_steps: the number of critic steps; psi is clipped after each.
            generator_rate: the learning rate of the generator.

        Raises:
            UsageError: a simultaneous update is to have several critic steps.
        """
        if scheme == "simultaneous" and critic_steps != 1:
            raise UsageError("a simultaneous update has one critic step; choose scheme='alternating'")
        states, rate = self._states(z), h if generator_rate is None else generator_rate
        velocity = self.field(states)
        critic, generator = np.split(states, [self.p], axis=1)
        for _ in range(critic_steps):
            critic = critic + h * velocity[:, : self.p]
            if self.regularizer.bounds is not None:
                critic = critic.clip(*self.regularizer.bounds)
            if scheme == "alternating":
                velocity = self.field(np.concatenate([critic, generator], axis=1))
        generator = generator + rate * velocity[:, self.p :]
        return np.concatenate([critic, generator], axis=1).reshape(np.shape(z))

    def equilibria(self) -> tuple[Equilibrium, ...]:
        """All known equilibria, the desired one first."""
        points: list[tuple[Vector, str]] = [(self.equilibrium, "desired"), *self.candidates(self)]
        return tuple(self._classified(point, note) for point, note in points)

    def _classified(self, point: Vector, note: str) -> Equilibrium:
        try:
            jacobian = self.jacobian(point)
        except UsageError:
            return Equilibrium(point=point, spectrum=np.zeros(0, dtype=np.complex128), kind="not smooth", note=note)
        return classified(point, jacobian, note)

    @cached_property
    def _real(self) -> tuple[Tensor, Tensor]:
        """The features at the nodes of p_d, ``(n, p)``, and their weights, ``(n,)``."""
        points, weights = self.players.real.gauss
        return self.players.features(points), weights

    @cached_property
    def _chunk(self) -> int:
        """How many states are computed together."""
        psi, theta = self._tensors(self.equilibrium[None])
        nodes = None if self.regularizer.law is None else self.regularizer.law.nodes(self.players, psi, theta)
        points = 0 if nodes is None else nodes.points.shape[1]
        pairs = len(self._real[1]) * self.players.latent.gauss.points.shape[0]
        return max(1, NUMBERS // max(points * self.p * self.players.d, pairs))

    def _velocity(self, states: Array) -> Array:
        """The field at S states, ``(S, p + q) -> (S, p + q)``, without the bounds of psi."""
        players, bounds = self.players, self.regularizer.bounds
        inside = states.copy()
        if bounds is not None:
            inside[:, : self.p] = inside[:, : self.p].clip(*bounds)
        psi, theta = (tensor.requires_grad_() for tensor in self._tensors(inside))
        phi, weights = self._real
        nodes = players.fake(theta)
        seen, masses = players.features(nodes.points), nodes.weights
        # each player's objective has a graph only to its own parameters, so that one backward pass serves both
        fixed = psi.detach()
        critic = Outputs(psi @ phi.T, _outputs(seen.detach(), psi), weights, masses.detach())
        generator = Outputs(fixed @ phi.T, _outputs(seen, fixed), weights, masses)
        gains = [critic_objective(self.loss, critic).sum(), -generator_objective(self.loss, generator).sum()]
        penalty = self.regularizer.value(players, psi, theta.detach())
        gains += [] if penalty is None else [-penalty.sum()]
        velocity = torch.cat(torch.autograd.grad(gains, [psi, theta]), dim=1).numpy()
        if bounds is not None:
            moving, parameters = velocity[:, : self.p], states[:, : self.p]
            outward = ((parameters >= bounds[1]) & (moving > 0)) | ((parameters <= bounds[0]) & (moving < 0))
            moving[outward] = 0.0
        return velocity

    def _states(self, z: ArrayLike) -> Array:
        states = np.asarray(z, dtype=np.float64)
        if states.shape[-1:] != (self.p + self.q,):
            names = ", ".join(self.coordinates)
            raise UsageError(f"a state of {self.name} has {self.p + self.q} coordinates ({names}), not {states.shape}")
        return states.reshape(-1, self.p + self.q)

    def _tensors(self, states: Array) -> tuple[Tensor, Tensor]:
        tensor = torch.from_numpy(np.ascontiguousarray(states))
        return tensor[:, : self.p].clone(), tensor[:, self.p :].clone()


def _outputs(features: Tensor, psi: Tensor) -> Tensor:
    """``psi . phi``: ``(S, m, p), (S, p) -> (S, m)``."""
    return (features @ psi[:, :, None]).squeeze(2)


def _coupling(players: Players, theta: Tensor) -> Tensor:
    """R, ``(p, q)``, the derivative by theta of ``E_ptheta[phi]``."""

    def mean(theta: Tensor) -> Tensor:
        nodes = players.fake(theta[None])
        return torch.einsum("m,mp->p", nodes.weights[0], players.features(nodes.points[0]))

    derivative: Any = torch.autograd.functional.jacobian(mean, theta)
    coupling: Tensor = derivative
    return coupling

"""Basins of attraction: Lemma 1's estimate for the Dirac-GAN, and the true basin of any toy by integration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize_scalar

from gpreg.errors import UsageError
from gpreg_theory.linear.game import Vector
from gpreg_theory.toys.law import MassFunction, evaluate_mass
from gpreg_theory.toys.system import Array, ToySystem

ROUNDING = 1e-10
"""A sum this small, relative to its terms, counts as 0."""

SMALLEST = 1e-40
"""A radius this small, relative to the distance that is searched, counts as 0."""


def mass_damping(mass: MassFunction, psi: ArrayLike, theta: ArrayLike) -> Array:
    """Compute ``2 M + psi dM/dpsi`` elementwise; values that are rounding errors are 0.

    On the Dirac-GAN ``d/dt (psi^2 + theta^2) = -rho psi^2 (2 M + psi dM/dpsi)``.

    Args:
        mass: M(psi, theta), written with operators and torch functions.
        psi, theta: arrays of the same shape.

    Raises:
        UsageError: the function does not take tensors.
    """
    arrays = np.broadcast_arrays(np.asarray(psi, dtype=np.float64), np.asarray(theta, dtype=np.float64))
    first, second = (torch.from_numpy(array.copy()).reshape(-1, 1) for array in arrays)
    first.requires_grad_()
    M = evaluate_mass(mass, first, second)
    slope = torch.zeros_like(first)
    if M.requires_grad:
        (slope,) = torch.autograd.grad(M.sum(), first)
    terms = torch.stack([2 * M.detach(), (first * slope).detach()[:, 0]])
    total = terms.sum(dim=0)
    total[total.abs() <= ROUNDING * terms.abs().sum(dim=0)] = 0.0
    return total.numpy().reshape(arrays[0].shape)


def basin_radius(mass: MassFunction, *, search: float = 100.0) -> float:
    """Find the largest radius R with ``2 M + psi dM/dpsi >= 0`` on the ball ``|(psi, theta)| < R`` (corrected Lemma 1).

    Every ball of radius r <= R is forward invariant, so that the origin is Lyapunov stable if R > 0. The basin of
    attraction contains the ball if and only if no circle of a smaller radius lies in the set
    ``psi^2 (2 M + psi dM/dpsi) = 0``: see :func:`attracts`. The lemma (Kim, Park and Hwang 2018) states the ball as the
    basin. But it is only an inner estimate, usually too small, and for M = 0 the condition holds everywhere although
    nothing is attracted. Nor is the condition necessary: where R = 0, see :func:`averaged_rate`.

    Args:
        mass: M(psi, theta), by operators and torch functions.
        search: how far to look, in the units of psi and theta. Towards the origin the search goes on as long as the
            condition fails, down to where floats are too coarse, or to 1e-40 of ``search``.

    Returns:
        R; 0 where the condition fails next to the origin; infinity where it holds up to ``search``.

    Raises:
        UsageError: the function does not take tensors.
    """
    angles = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    small = np.geomspace(SMALLEST * search, search * 1e-7, 800)
    deep = (mass_damping(mass, *_polar(small[:, None], angles[::4])) < 0).any(axis=1)
    end = float(small[deep.argmax()]) if deep.any() else search
    while True:
        radii = np.geomspace(end * 1e-7, end, 800)
        damping = mass_damping(mass, *_polar(radii[:, None], angles))
        fails = damping < 0
        if not fails.any():
            return float("inf")
        first = int(np.flatnonzero(fails.any(axis=1))[0])
        if first:
            break
        end = float(radii[0])  # the condition fails at the smallest radius so far: look at smaller ones
        if end < SMALLEST * search:
            return 0.0
    if end < search and not (damping[first - 1, fails[first]] > 0).any():
        return 0.0  # within that radius floats are too coarse to tell
    failing = angles[fails[first]]
    low, high = np.full(len(failing), radii[first - 1]), np.full(len(failing), radii[first])
    for _ in range(60):
        middle = (low + high) / 2
        negative = mass_damping(mass, *_polar(middle, failing)) < 0
        low, high = np.where(negative, low, middle), np.where(negative, middle, high)
    nearest = float(failing[high.argmin()])

    def along(angle: float) -> float:
        """Where the condition first fails on a ray, if not beyond the ring in which it fails on others."""

        def value(r: float) -> float:
            return float(mass_damping(mass, *_polar(np.float64(r), np.float64(angle))))

        near = radii[: first + 2]
        at = np.flatnonzero(mass_damping(mass, *_polar(near, np.float64(angle))) < 0)
        if not len(at):
            return float(near[-1])
        inner, outer = near[max(int(at[0]) - 1, 0)], near[at[0]]
        return (
            float(brentq(value, inner, outer, xtol=1e-12 * outer))
            if value(inner) > 0
            else _bisected(value, inner, outer)
        )

    step = float(angles[1])
    return float(minimize_scalar(along, bounds=(nearest - step, nearest + step), method="bounded").fun)


def attracts(mass: MassFunction, radius: float) -> bool:
    """Whether the ball of :func:`basin_radius` is attracted: ``psi^2 (2 M + psi dM/dpsi) = 0`` on no smaller circle.

    Only along orbits on such circles is ``psi^2 + theta^2`` constant, so that others are attracted (LaSalle). A grid of
    400 radii is tried; M is taken to be smooth enough for that.

    Args:
        mass: M(psi, theta).
        radius: the radius of the ball; 100 takes the place of infinity.
    """
    if not radius > 0:
        return False
    radii = np.linspace(0, min(radius, 100.0), 402)[1:-1, None]
    psi, theta = _polar(radii, np.linspace(0, 2 * np.pi, 720, endpoint=False) + 1e-3)
    return bool((psi**2 * mass_damping(mass, psi, theta) > 0).any(axis=1).all())


def averaged_rate(mass: MassFunction, radius: float, rho: float = 1.0) -> float:
    """Average ``dV/dt`` for ``V = psi^2 + theta^2`` over one turn: ``-(rho/2pi) oint psi d(psi^2 M)/dpsi``.

    Where M vanishes at the origin there is no linear damping, orbits near it are nearly circles, and this sign decides.
    If it is negative they shrink, although M or ``2 M + psi dM/dpsi`` may be negative on the way.

    Args:
        mass: M(psi, theta).
        radius: the radius of the circle, in the units of psi and theta.
        rho: the penalty's coefficient.
    """
    psi, theta = _polar(np.float64(radius), np.linspace(0, 2 * np.pi, 1440, endpoint=False) + 1e-3)
    return -rho * float(np.mean(psi**2 * mass_damping(mass, psi, theta)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Basin:
    """A basin of attraction in the plane, by rays from its equilibrium.

    Attributes:
        angles: ``(A,)``, the angles of the rays, in radians from the axis of the first coordinate.
        radii: ``(A,)``, how far each ray lies in the basin; infinity if that is beyond the reach of the search.
    """

    angles: Vector
    radii: Vector

    @property
    def inner(self) -> float:
        """The radius of the largest ball in the basin, by these rays."""
        return float(self.radii.min())

    @property
    def outer(self) -> float:
        """The distance at which the boundary is farthest."""
        return float(self.radii.max())


def true_basin(
    system: ToySystem,
    *,
    rays: int = 32,
    reach: float = 5.0,
    time: float = 150.0,
    tolerance: float = 1e-2,
) -> Basin:
    """Find the boundary of the desired equilibrium's basin along rays, by integrating orbits.

    On each ray the first point that is not attracted is bracketed, first on 24 radii, then by subdivision.

    Args:
        system: a toy with two coordinates.
        rays: the number of rays.
        reach: how far to look from the equilibrium.
        time: how long an orbit may take; one that has not arrived by then counts as not attracted. Orbits linger near
            a boundary, so that the basin looks smaller with a shorter time.
        tolerance: the error of the radii.

    Raises:
        UsageError: the toy has more coordinates than two.
    """
    if system.p + system.q != 2:
        raise UsageError(f"{system.name} has {system.p + system.q} coordinates; a basin is drawn in the plane")
    angles = np.linspace(0, 2 * np.pi, rays, endpoint=False)
    low, high = np.zeros(rays), np.full(rays, reach)
    parts, outside = 24, np.zeros(rays, dtype=bool)
    while float((high - low).max()) > tolerance:
        radii = low[:, None] + (high - low)[:, None] * np.arange(1, parts + 1) / parts
        starts = system.equilibrium + np.stack([radii * np.cos(angles)[:, None], radii * np.sin(angles)[:, None]], -1)
        out = ~attracted(system, starts, time=time)
        out[outside, -1] = True  # the last round has shown this
        outside |= out.any(axis=1)
        first = np.where(out.any(axis=1), out.argmax(axis=1), parts)
        width = (high - low) / parts
        low, high = low + first * width, np.where(outside, low + (first + 1) * width, low + first * width)
        parts = 8
    return Basin(angles=angles, radii=np.where(outside, (low + high) / 2, np.inf))


def attracted(
    system: ToySystem, z: ArrayLike, *, time: float = 100.0, near: float = 1e-2, target: ArrayLike | None = None
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """``(..., p + q) -> (...)``, whether the orbits come ``near`` an equilibrium within a given time.

    All orbits are followed together. Speeds above 100 are scaled down to 100, which leaves the paths as they are and
    keeps orbits that run away finite.

    Args:
        system: the toy.
        z: where the orbits start.
        time: how long they may take.
        near: the distance at which an orbit has arrived; all points this near should be attracted.
        target: ``(p + q,)``; by default the desired equilibrium.

    Raises:
        UsageError: z has not as many coordinates as the system.
    """
    states = np.asarray(z, dtype=np.float64)
    n, point = system.p + system.q, system.equilibrium if target is None else np.asarray(target, dtype=np.float64)
    flat = states.reshape(-1, n).copy()
    arrived, active, now = np.zeros(len(flat), dtype=bool), np.ones(len(flat), dtype=bool), 0.0

    def field(_: float, y: Array) -> Array:
        velocity = system.field(y.reshape(-1, n))
        speed = np.linalg.norm(velocity, axis=1, keepdims=True)
        bounded: Array = (velocity / np.sqrt(1 + (speed / 100) ** 2)).ravel()
        return bounded

    while now < time and active.any():
        stretch = min(2.0 if now < 10 else 10.0, time - now)
        orbit = solve_ivp(field, (0, stretch), flat[active].ravel(), "RK45", rtol=1e-6, atol=1e-8)
        flat[active], now = orbit.y[:, -1].reshape(-1, n), now + stretch
        distance = np.linalg.norm(flat - point, axis=1)
        arrived |= active & (distance < near)
        active &= ~arrived & (distance < 1e3)
    return arrived.reshape(states.shape[:-1])


def _polar(radius: Any, angle: Any) -> tuple[Any, Any]:
    return radius * np.cos(angle), radius * np.sin(angle)


def _bisected(value: Any, low: float, high: float) -> float:
    """Bisect for the place where a function that is at least 0 at ``low`` turns negative."""
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if value(middle) < 0 else (middle, high)
    return high

"""Where an orbit ends: at a point, on a cycle, at infinity, or not yet."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg
from scipy.integrate import RK45
from scipy.optimize import brentq

from gpreg.errors import GpregError, UsageError
from gpreg_theory.linear.game import Vector
from gpreg_theory.toys.system import Array, ToySystem
from gpreg_theory.toys.trajectory import trajectory

STILL = 1e-7
"""An orbit this slow, relative to its distance from 0 plus 1, is at rest, unless the point repels it."""

FAR = 1e6
"""An orbit this far out counts as going to infinity."""

EQUAL_TURNS = 1e-6
"""An orbit is on a cycle if its states at three maxima in a row of the last coordinate agree to this, relatively."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Limit:
    """Where an orbit ends.

    Attributes:
        kind: ``"point"``, ``"cycle"``, ``"infinity"``, or ``"not settled"`` within the time given.
        state: ``(p + q,)``, the last state.
        amplitude: ``(p + q,)``, the largest modulus of each coordinate in the last turn of a cycle; without a cycle,
            the moduli of the last state.
        period: the period of a cycle; else ``None``.
        time: how long the orbit was followed.
    """

    kind: Literal["point", "cycle", "infinity", "not settled"]
    state: Vector
    amplitude: Vector
    period: float | None
    time: float


def limit(system: ToySystem, z0: ArrayLike, *, time: float = 500.0, rtol: float = 1e-9, atol: float = 1e-11) -> Limit:
    """Follow an orbit until it is clear where it ends.

    A field that jumps is followed through the jumps with short steps. Three equal turns make a cycle, so that a spiral
    that changes by less than 1e-6 a turn is taken for one. An orbit that tends to a point more slowly than
    exponentially is "not settled".

    Args:
        system: the toy.
        z0: ``(p + q,)``, where the orbit starts.
        time: the time after which to give up.
        rtol, atol: the solver's tolerances for a step.

    Raises:
        GpregError: the solver gave up.
    """
    start = np.asarray(z0, dtype=np.float64)
    orbit: Any = RK45(lambda _, z: system.field(z), 0.0, start, time, rtol=rtol, atol=atol)
    tops: list[tuple[float, Vector]] = []
    while True:
        if _resting(system, orbit.y, orbit.f, start):
            return _limit("point", system, orbit)
        if float(np.abs(orbit.y).max()) > FAR:
            return _limit("infinity", system, orbit)
        if orbit.status == "finished":
            return _limit("not settled", system, orbit)
        rising = orbit.f[-1] > 0
        message = orbit.step()
        if orbit.status == "failed":
            raise GpregError(f"the orbit of {system.name} from {start.tolist()} could not be followed: {message}")
        if rising and orbit.f[-1] <= 0:
            tops.append(_top(system, orbit))
            if _equal(tops):
                return _limit("cycle", system, orbit, tops)


def _limit(
    kind: Literal["point", "cycle", "infinity", "not settled"],
    system: ToySystem,
    orbit: Any,
    tops: list[tuple[float, Vector]] | None = None,
) -> Limit:
    state, period = _clipped(system, orbit.y), None
    amplitude = np.abs(state)
    if tops is not None:
        period = tops[-1][0] - tops[-2][0]
        turn = trajectory(system, tops[-1][1], period, at=np.linspace(0, period, 257), rtol=1e-7, atol=1e-9).z
        amplitude = np.abs(turn).max(axis=0)
    return Limit(kind=kind, state=state, amplitude=amplitude, period=period, time=float(orbit.t))


def _clipped(system: ToySystem, state: Array) -> Vector:
    """The state, brought back if a step has led beyond the bounds of psi."""
    inside = state.copy()
    if system.regularizer.bounds is not None:
        inside[: system.p] = inside[: system.p].clip(*system.regularizer.bounds)
    return inside


def _resting(system: ToySystem, state: Vector, velocity: Vector, start: Vector) -> bool:
    """Whether the orbit has come to rest, and does not merely pass by a point with a growing mode."""
    if float(np.abs(velocity).max()) > STILL * (1 + float(np.abs(state).max())):
        return False
    if np.array_equal(state, start) and not velocity.any():
        return True
    try:
        return float(linalg.eigvals(system.jacobian(state)).real.max()) < 1e-6
    except UsageError:  # the field is not smooth, so that nothing is known but that the orbit is at rest
        return True


def _top(system: ToySystem, orbit: Any) -> tuple[float, Vector]:
    """The time and the state at which the last coordinate was largest within the last step."""
    dense = orbit.dense_output()

    def slope(t: float) -> float:
        return float(system.field(dense(t))[-1])

    if slope(orbit.t_old) <= 0 or slope(orbit.t) >= 0:
        return float(orbit.t), _clipped(system, orbit.y)
    when = float(brentq(slope, orbit.t_old, orbit.t, xtol=1e-12))
    return when, _clipped(system, dense(when))


def _equal(tops: list[tuple[float, Vector]]) -> bool:
    """Whether the last three states at which the last coordinate was largest agree."""
    if len(tops) < 3:
        return False
    last = np.stack([state for _, state in tops[-3:]])
    size = float(np.abs(last).max())
    return size > STILL and float(np.ptp(last, axis=0).max()) < EQUAL_TURNS * size

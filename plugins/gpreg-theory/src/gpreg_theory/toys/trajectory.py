"""Trajectories of a toy, and the rate at which they decay."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg
from scipy.integrate import solve_ivp

from gpreg.errors import GpregError
from gpreg_theory.toys.system import Array, ToySystem

Method = Literal["RK45", "DOP853", "Radau"]


class Trajectory(NamedTuple):
    """The times ``t``, ``(T,)``, and the states ``z``, ``(T, p + q)``."""

    t: Array
    z: Array

    @property
    def end(self) -> Array:
        """``(p + q,)``, the last state."""
        end: Array = self.z[-1]
        return end


def trajectory(
    system: ToySystem,
    z0: ArrayLike,
    time: float,
    *,
    at: ArrayLike | None = None,
    rtol: float = 1e-9,
    atol: float = 1e-11,
    method: Method = "DOP853",
) -> Trajectory:
    """Follow the orbit from one state.

    Args:
        system: the toy.
        z0: ``(p + q,)``, where it starts.
        time: how long to follow it; backwards if negative.
        at: the times to report, in the direction of ``time``; by default those of the solver's steps.
        rtol, atol: the solver's tolerances for a step.
        method: the method of :func:`scipy.integrate.solve_ivp`; ``"Radau"`` for a stiff system, as with a large rho.

    Raises:
        GpregError: the solver gave up, for example because the solution becomes infinite in finite time.
    """
    start = np.asarray(z0, dtype=np.float64)
    times = None if at is None else np.asarray(at, dtype=np.float64)
    solution = solve_ivp(
        lambda _, z: system.field(z), (0.0, time), start, method=method, t_eval=times, rtol=rtol, atol=atol
    )
    if not solution.success:
        raise GpregError(f"the orbit of {system.name} from {start.tolist()} could not be followed: {solution.message}")
    states = solution.y.T
    if system.regularizer.bounds is not None:
        states[:, : system.p] = states[:, : system.p].clip(*system.regularizer.bounds)
    return Trajectory(solution.t, states)


def decay_rate(system: ToySystem, *, offset: float = 1e-5, samples: int | None = None) -> float:
    """The slowest rate of decay to the equilibrium, measured from one simulated orbit.

    The orbit starts ``offset`` away in a direction that meets all modes, and is sampled at equal times. The linear map
    that best takes each sample to the next is fitted (dynamic mode decomposition, Schmid 2010), and its spectral radius
    r gives the rate ``-ln(r) / interval``. The Jacobian is used only to choose the interval.

    Args:
        system: the toy.
        offset: the distance from the equilibrium, small so that the orbit is nearly linear.
        samples: the number of samples; by default ``4 (p + q)``.
    """
    n = system.p + system.q
    samples = 4 * n if samples is None else samples
    fastest = float(np.abs(linalg.eigvals(system.jacobian())).max())
    interval = 0.7 / fastest
    direction = np.cos(1.0 + np.arange(n))
    start = system.equilibrium + offset * direction / float(np.linalg.norm(direction))
    times = interval * np.arange(samples + 1)
    orbit = trajectory(system, start, times[-1], at=times, rtol=1e-12, atol=1e-10 * offset).z - system.equilibrium
    size = np.linalg.norm(orbit[:-1], axis=1, keepdims=True)  # late, small samples must count as much as early ones
    step, *_ = np.linalg.lstsq(orbit[:-1] / size, orbit[1:] / size, rcond=None)
    radius = float(np.abs(linalg.eigvals(step)).max())
    return -float(np.log(radius)) / interval

"""The best coefficient of a game: the one with which its slowest mode decays fastest."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, optimize

from gpreg.errors import UsageError
from gpreg.theory.linear.game import LinearGame, Vector

WIDEST = 6
"""Decades by which the grid is widened at most."""


@dataclass(frozen=True, kw_only=True)
class BestRho:
    """The coefficient that makes the slowest moving mode decay fastest.

    Attributes:
        rho: the coefficient; 0 where no coefficient is better than none, see ``because``.
        rate: the slowest rate of decay there, ``-abscissa``: 0 if a mode is undamped, ``inf`` if nothing moves.
        below: the rate at 0.95 rho.
        above: the rate at 1.05 rho. The optimum is a kink, often a double eigenvalue: a little above it the rate may
            fall like a square root, a little below it in proportion.
        bracket: the coefficients between which was searched.
        ratios: damping ratios of the modes there, fastest first; 1 is critical.
        because: how the rate depends on rho there, or why there is no best coefficient, in words.
    """

    rho: float
    rate: float
    below: float
    above: float
    bracket: tuple[float, float]
    ratios: tuple[float, ...]
    because: str


def best_rho(game: LinearGame, *, points: int = 60) -> BestRho:
    """The rho >= 0 with the largest rate of decay off N(J); the game's own rho is of no account.

    The rate is that of the whole J, K included. It is searched on a logarithmic grid between a tenth of the least
    and ten times the largest ``2 sigma_i / (u_i^T Q u_i)``, at which the single modes are critically damped for a
    Wasserstein loss; the grid is widened while the best point is at its end. Around the three best local maxima a
    bounded scalar search follows, golden sections where the rate has its kink. If Q and C C^T commute, the rate of
    each mode has one maximum, and so has their minimum; otherwise a narrower maximum between two points of the grid
    may be missed. At a double eigenvalue the rate is accurate to about 1e-7, the square root of the working precision.

    Args:
        game: what is linearised.
        points: of the grid.

    Raises:
        UsageError: fewer than 3 points.
    """
    if points < 3:
        raise UsageError(f"points is {points}; the grid needs at least 3")
    if because := _no_best(game):
        still = game.at(0.0)
        return _described(game, 0.0, (0.0, 0.0), because if still.moving.size else "nothing moves")
    inner = _balanced(game).deflated

    def rate(log_rho: float) -> float:
        return -float(inner.at(np.exp(log_rho)).spectrum.real.max())

    grid, rates = _grid(rate, _critical(game), points)
    peaks = [i for i in range(len(grid)) if rates[i] >= rates[max(i - 1, 0) : i + 2].max()]
    best = max(zip(rates, grid, strict=True))
    for i in sorted(peaks, key=lambda i: -rates[i])[:3]:
        best = max(best, _peak(rate, float(grid[i]), float(np.diff(grid).max())))
    bracket = float(np.exp(grid[0])), float(np.exp(grid[-1]))
    if game.curvature and game.at(0.0).rate >= best[0]:
        return _described(game, 0.0, (0.0, bracket[1]), "the curvature of the loss damps more than any penalty would")
    return _described(game, float(np.exp(best[1])), bracket, "")


def _no_best(game: LinearGame) -> str:
    """Why no rho > 0 is best, in words; empty if one is."""
    if not game.modes:
        return "no coupling: the critic does not see the generator move, so that no mode needs damping"
    if not game.Q.any():
        return "Q = 0: the penalty damps nothing, whatever its coefficient"
    if undamped := _balanced(game).undamped:
        frequencies = ", ".join(f"{mode.frequency:.3g}" for mode in undamped[:5])
        more = f" and {len(undamped) - 5} more" if len(undamped) > 5 else ""
        return f"modes that the penalty does not see stay undamped for every rho; frequencies {frequencies}{more}"
    return ""


def _balanced(game: LinearGame) -> LinearGame:
    """At the rho where penalty and curvature are of one size: what is undamped there is undamped for every rho."""
    curvature = game.at(0.0).damping
    size = float(linalg.norm(game.Q, 2)) if game.Q.size else 0.0
    return game.at(float(linalg.norm(curvature, 2)) / size if size and curvature.any() else 1.0)


def _critical(game: LinearGame) -> Vector:
    """The rho at which each mode alone is critically damped by the penalty alone, where it is damped by it."""
    modes = replace(game, K=None, curvature=0.0, rho=1.0).modes
    largest = float(linalg.norm(game.Q, 2))
    damped = [mode for mode in modes if mode.damping > game.tolerance * largest]
    return np.array([1 / mode.ratio for mode in damped]) if damped else np.array([2 * modes[0].frequency / largest])


def _grid(rate: Callable[[float], float], critical: Vector, points: int) -> tuple[Vector, Vector]:
    """Logarithms of rho and the rates there, widened by decades while the best is at an end, at most :data:`WIDEST`."""
    logs = np.linspace(np.log(critical.min() / 10), np.log(critical.max() * 10), points)
    rates = np.array([rate(x) for x in logs])
    decade = np.log(10) * np.arange(1, 11) / 10
    for _ in range(WIDEST):
        best = int(rates.argmax())
        if best == 0:
            more = logs[0] - decade[::-1]
            logs, rates = np.r_[more, logs], np.r_[[rate(x) for x in more], rates]
        elif best == len(logs) - 1:
            more = logs[-1] + decade
            logs, rates = np.r_[logs, more], np.r_[rates, [rate(x) for x in more]]
        else:
            break
    return logs, rates


def _peak(rate: Callable[[float], float], centre: float, width: float) -> tuple[float, float]:
    """The rate and the log rho of a maximum near the centre, first coarsely, then as exactly as a kink needs."""
    for reach, exactness in ((width, 1e-8), (1e-6, 1e-15)):
        found = optimize.minimize_scalar(
            lambda away, centre=centre: -rate(centre + away),
            bounds=(-reach, reach),
            method="bounded",
            options={"xatol": exactness},
        )
        centre += float(found.x)
    return -float(found.fun), centre


def _described(game: LinearGame, rho: float, bracket: tuple[float, float], because: str) -> BestRho:
    at, below, above = game.at(rho), game.at(0.95 * rho).rate, game.at(1.05 * rho).rate
    return BestRho(
        rho=rho,
        rate=at.rate,
        below=below,
        above=above,
        bracket=bracket,
        ratios=tuple(mode.ratio for mode in at.modes),
        because=because or f"5 % less rho gives the rate {below:.3g} and 5 % more {above:.3g}, against {at.rate:.3g}",
    )

"""The best coefficient of a game, for its flow or its steps: the one with which the slowest mode decays fastest."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, optimize

from gpreg.errors import UsageError
from gpreg_theory.linear.game import LinearGame, Vector
from gpreg_theory.linear.steps import Scheme, largest_step, spectral_radius

WIDEST = 6
"""The most decades by which the grid is widened."""


@dataclass(frozen=True, kw_only=True)
class BestRho:
    """The coefficient that makes the slowest moving mode decay fastest.

    Attributes:
        rho: the coefficient; 0 where no penalty is best, for the reason in ``because``.
        rate: the slowest rate of decay there, ``-abscissa``; 0 if a mode is undamped, ``inf`` if nothing moves.
        below: the rate at 0.95 rho.
        above: the rate at 1.05 rho. The rate has a kink at its optimum, often a double eigenvalue: above it the rate
            may fall like a square root, below it in proportion.
        bracket: the coefficients between which was searched.
        ratios: the damping ratios of the modes there, fastest first; 1 is critical.
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
    """Find the rho >= 0 with the largest rate of decay off N(J); the game's own rho does not matter.

    The rate is that of the whole J, with K. The search begins on a logarithmic grid between a tenth of the least and
    ten times the largest ``2 sigma_i / (u_i^T Q u_i)``, at which single modes are critically damped for a Wasserstein
    loss; the grid is widened as long as the best point is at its end. A bounded scalar search around the three best
    local maxima follows, by golden sections where the rate has its kink. If Q and C C^T commute, the rate of each mode
    has one maximum, and so has the least of them; otherwise a maximum that is narrower than the grid may be missed. At
    a double eigenvalue the rate is accurate to about 1e-7, the square root of the working precision.

    The result is rho = 0, with the reason in ``because``, where no rho > 0 is best: a mode is undamped for every rho
    (the rate is 0), Q = 0 or R = 0, or the curvature of the loss damps best alone.

    Args:
        game: the linear game.
        points: the number of points of the grid.

    Raises:
        UsageError: fewer than 3 points.
    """
    if points < 3:
        raise UsageError(f"points is {points}; the grid needs at least 3")
    if because := _no_best(game):
        return _described(game, 0.0, (0.0, 0.0), because)
    inner = _balanced(game).deflated

    def rate(log_rho: float) -> float:
        return -float(inner.at(np.exp(log_rho)).spectrum.real.max())

    log_rho, largest, bracket = _maximum(rate, _critical(game), points)
    if game.curvature and game.at(0.0).rate >= largest:
        return _described(game, 0.0, (0.0, bracket[1]), "the curvature of the loss damps more than with any penalty")
    ever = rate(np.log(bracket[1])) >= largest * (1 - 1e-6)
    rising = "the rate rises to its limit for rho to infinity; " if ever else ""
    return _described(game, float(np.exp(log_rho)), bracket, rising)


@dataclass(frozen=True, kw_only=True)
class BestStep:
    """The coefficient and the step with which the slowest moving mode shrinks most in each step.

    Attributes:
        rho: the coefficient; 0 where no penalty is best, as in :class:`BestRho`.
        step: the critic's rate; the generator's is ``ratio`` times it. 0 if no step converges, ``inf`` if nothing
            moves.
        radius: the spectral radius of the update off N(J); 1 if no step converges, 0 if nothing moves.
        because: why there is no best coefficient, in words; empty if there is one.
    """

    rho: float
    step: float
    radius: float
    because: str


def best_rho_and_step(
    game: LinearGame, *, scheme: Scheme = "simultaneous", critic_steps: int = 1, ratio: float = 1.0, points: int = 40
) -> BestStep:
    """Find the rho and the critic rate h that minimise the spectral radius of the update matrix.

    For one mode the radius is 0, with h = 1 / sigma and critical damping: ``rho q`` is ``2 sigma`` for simultaneous and
    ``sigma`` for alternating steps. With several modes the radius is the contraction of the slowest. The search over
    rho is that of :func:`best_rho`, and for each rho, h is searched up to the :func:`largest_step`. Both searches are
    local ones on a grid, so that the result is an upper bound on the least radius, and no proof of it.

    Args:
        game: the linear game; its own rho does not matter.
        scheme, critic_steps, ratio: as for :func:`largest_step`.
        points: the number of points of the grid of rho.

    Raises:
        UsageError: as for :func:`best_rho` and :func:`largest_step`.
    """
    if points < 3:
        raise UsageError(f"points is {points}; the grid needs at least 3")

    def least(game: LinearGame) -> tuple[float, float]:
        return _least_radius(game, scheme, critic_steps, ratio)

    if because := _no_best(game):
        radius, step = least(game.at(0.0))
        return BestStep(rho=0.0, step=step, radius=radius, because=because)
    inner = _balanced(game).deflated
    log_rho, _, _ = _maximum(lambda x: -least(inner.at(np.exp(x)))[0], _critical(game), points)
    rho = float(np.exp(log_rho))
    radius, step = least(inner.at(rho))
    if game.curvature and (without := least(game.at(0.0)))[0] <= radius:
        because = "the curvature of the loss damps more than with any penalty"
        return BestStep(rho=0.0, step=without[1], radius=without[0], because=because)
    return BestStep(rho=rho, step=step, radius=radius, because="")


def _least_radius(game: LinearGame, scheme: Scheme, critic_steps: int, ratio: float) -> tuple[float, float]:
    """The least spectral radius over the critic's rates, and the rate that attains it."""
    limit = largest_step(game, scheme=scheme, critic_steps=critic_steps, ratio=ratio).step
    if limit == 0 or np.isinf(limit):
        return float(limit == 0), limit
    inner = game.deflated

    def radius(part: float) -> float:
        h = part * limit
        return spectral_radius(inner, critic_rate=h, generator_rate=ratio * h, scheme=scheme, critic_steps=critic_steps)

    parts = np.arange(1, 21) / 20
    start = float(parts[np.argmin([radius(part) for part in parts])])
    found = optimize.minimize_scalar(
        radius, bounds=(start - 0.0499, min(start + 0.05, 1.0)), method="bounded", options={"xatol": 1e-9}
    )
    return float(found.fun), float(found.x) * limit


def _no_best(game: LinearGame) -> str:
    """Why no rho > 0 is best, in words; empty if one is."""
    if not game.modes:
        return "no coupling: the critic does not see the generator move, so that no mode needs damping"
    if not game.Q.any():
        return "Q = 0: the penalty damps nothing, whatever its coefficient"
    balanced = _balanced(game)
    if not balanced.undamped:
        return ""
    frequencies = ", ".join(f"{mode.frequency:.3g}" for mode in balanced.undamped[:5])
    more = f" and {len(balanced.undamped) - 5} more" if len(balanced.undamped) > 5 else ""
    because = f"modes that the penalty does not see stay undamped for every rho; frequencies {frequencies}{more}"
    if len(balanced.undamped) < len(balanced.modes):
        turning = sum(mode.frequency * np.outer(mode.critic, mode.generator) for mode in balanced.undamped)
        others = best_rho(replace(game, R=game.R - turning / game.slope))
        because += (
            f"; of the others the slowest decays fastest at rho = {others.rho:.4g}, at the rate {others.rate:.4g}"
        )
    return because


def _balanced(game: LinearGame) -> LinearGame:
    """The game at a rho where penalty and curvature are equally large; what is undamped there is always so."""
    curvature = game.at(0.0).damping
    return game.at(float(linalg.norm(curvature, 2) / linalg.norm(game.Q, 2)) if curvature.any() else 1.0)


def _critical(game: LinearGame) -> Vector:
    """For each mode that the penalty damps, the rho at which the penalty alone damps it critically."""
    alone = replace(game, K=None, curvature=0.0, rho=1.0)
    damped = [mode for mode in alone.modes if mode not in alone.undamped]
    largest = float(linalg.norm(game.Q, 2))
    return np.array([1 / mode.ratio for mode in damped] or [2 * alone.modes[0].frequency / largest])


def _maximum(rate: Callable[[float], float], critical: Vector, points: int) -> tuple[float, float, tuple[float, float]]:
    """The log rho and the value of the largest maximum that was found, and the bracket of rho."""
    grid, rates = _grid(rate, critical, points)
    best = int(rates.argmax())
    peaks = [i for i in range(len(grid)) if rates[i] >= rates[max(i - 1, 0) : i + 2].max()]
    highest, width = sorted(peaks, key=lambda i: -rates[i])[:3], float(np.diff(grid).max())
    found = [_peak(rate, float(grid[i]), width) for i in highest]
    value, log_rho = max([(float(rates[best]), float(grid[best])), *found])
    return log_rho, value, (float(np.exp(min(grid[0], log_rho))), float(np.exp(max(grid[-1], log_rho))))


def _grid(rate: Callable[[float], float], critical: Vector, points: int) -> tuple[Vector, Vector]:
    """A grid of log rho and the rates on it, widened by up to :data:`WIDEST` decades while the best is at an end."""
    grid = np.linspace(np.log(critical.min() / 10), np.log(critical.max() * 10), points)
    rates = np.array([rate(x) for x in grid])
    decade = np.log(10) * np.arange(1, 11) / 10
    for _ in range(WIDEST):
        best = int(rates.argmax())
        if 0 < best < len(grid) - 1:
            break
        more = grid[0] - decade[::-1] if best == 0 else grid[-1] + decade
        order = np.argsort(wider := np.r_[grid, more])
        grid, rates = wider[order], np.r_[rates, [rate(x) for x in more]][order]
    return grid, rates


def _peak(rate: Callable[[float], float], centre: float, width: float) -> tuple[float, float]:
    """The value and the place of a maximum near the centre, found first coarsely, then as exactly as a kink needs."""
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
    if rho:
        because += f"5 % less rho gives the rate {below:.3g} and 5 % more {above:.3g}, against {at.rate:.3g}"
    ratios = tuple(mode.ratio for mode in at.modes)
    return BestRho(rho=rho, rate=at.rate, below=below, above=above, bracket=bracket, ratios=ratios, because=because)

"""Steps of finite size: the matrix of one update, its spectral radius, and the largest step that converges."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import linalg, optimize

from gpreg.errors import UsageError
from gpreg_theory.linear.game import LinearGame, Matrix, Mode, Vector
from gpreg_theory.linear.preconditioning import preconditioned

Scheme = Literal["simultaneous", "alternating"]

SCANNED = 65
"""The number of points of a scan for the limit with an even number of critic steps, where it is not monotone."""


def update_matrix(
    game: LinearGame,
    *,
    critic_rate: float,
    generator_rate: float | None = None,
    scheme: Scheme = "simultaneous",
    critic_steps: int = 1,
) -> Matrix:
    """One full step of gradient descent and ascent as a matrix on (v, w), ``(p + q, p + q)``.

    For simultaneous steps it is ``I + diag(h_d, h_g) J``. In alternating steps the critic goes first, n times, and the
    generator sees the updated critic. With ``S = (I - h_d A)^n`` and ``W = h_d sum_{k<n} (I - h_d A)^k``::

        v' = S v - W C w,    w' = w + h_g C^T v'

    Args:
        game: the linear game.
        critic_rate: h_d, positive.
        generator_rate: h_g, positive; by default the critic's.
        scheme: ``"simultaneous"`` or ``"alternating"``.
        critic_steps: n, of the alternating scheme.

    Raises:
        UsageError: a rate is not a positive number, the scheme is unknown, or there are several simultaneous critic
            steps.
    """
    h_d = _positive("critic_rate", critic_rate)
    h_g = h_d if generator_rate is None else _positive("generator_rate", generator_rate)
    _check(scheme, critic_steps)
    C, one = game.coupling, np.eye(game.q)
    S, W = _critic_steps(game.damping, h_d, critic_steps)
    seen = np.eye(game.p) if scheme == "simultaneous" else S
    back = np.zeros((game.p, game.q)) if scheme == "simultaneous" else W @ C
    matrix: Matrix = np.block([[S, -W @ C], [h_g * C.T @ seen, one - h_g * C.T @ back]])
    return matrix


def spectral_radius(
    game: LinearGame,
    *,
    critic_rate: float,
    generator_rate: float | None = None,
    scheme: Scheme = "simultaneous",
    critic_steps: int = 1,
) -> float:
    """The largest modulus of the update's eigenvalues off N(J), on which it is the identity; 0 where nothing moves.

    If it is below 1 the update converges, and in the long run each step shrinks the distance by this factor. The
    arguments are those of :func:`update_matrix`. Near a defective eigenvalue, as near critical damping, the accuracy is
    only the square root of the working precision.
    """
    step = update_matrix(
        game.deflated,
        critic_rate=critic_rate,
        generator_rate=generator_rate,
        scheme=scheme,
        critic_steps=critic_steps,
    )
    return float(np.abs(linalg.eigvals(step)).max()) if step.size else 0.0


@dataclass(frozen=True, kw_only=True)
class StepLimit:
    """The largest step of one scheme.

    Attributes:
        step: the critic's rate h_d below which the update converges off N(J); 0 if no step converges, ``inf`` if
            nothing moves.
        neutral: the rate below which nothing grows, which is ``step`` unless modes are undamped. These grow with every
            simultaneous step, and keep their amplitude in alternating steps below this rate.
        ratio: the generator's rate over the critic's.
        mode: the mode that reaches the limit first; ``None`` if it is a direction that the generator does not move.
        because: what happens beyond the limit, in words.
    """

    step: float
    neutral: float
    ratio: float
    mode: Mode | None = field(repr=False)
    because: str

    @property
    def generator_step(self) -> float:
        """The generator's rate at the limit, h_g."""
        return self.ratio * self.step


def largest_step(
    game: LinearGame, *, scheme: Scheme = "simultaneous", critic_steps: int = 1, ratio: float = 1.0
) -> StepLimit:
    """Find the largest critic rate h with which gradient descent and ascent converge; the generator's is ``ratio h``.

    Two rates are one rate for the game with ``C -> sqrt(ratio) C`` (see :func:`preconditioned`). For that game:

    - Simultaneous: ``|1 + h lambda| < 1``, that is ``h < min -2 Re lambda / |lambda|^2`` over the eigenvalues off
      N(J). This is exact; each eigenvalue leaves the circle once, so that no larger step converges.
    - Alternating, one critic step: ``lambda_max(2 h A + h^2 C C^T) < 4``, that is
      ``h < 2 / lambda_max([[A, C], [C^T, 0]])``. Exact, and no larger step converges.
    - Alternating, n critic steps: ``h a < 2`` for every eigenvalue a of A, and ``h C C^T < 2 (I + S) W^-1`` as
      symmetric matrices, with S and W of :func:`update_matrix`. Exact; ``step`` is the first crossing. For odd n no
      larger step converges. For even n convergence may return beyond it, in a window below ``2 / a_max``.

    The alternating conditions follow from the update's quadratic pencil,
    ``((mu - 1) (mu - S) W^-1 + mu h C C^T) v = 0``. With v* and v around it, a quadratic in mu has both roots inside
    the unit circle if its value at mu = -1 is positive. If the matrix at mu = -1 has a negative direction, a real
    eigenvalue lies below -1, because the matrix is positive for mu to -infinity. Where ``h a > 2``, the same holds
    for odd n, and for even n W has a negative direction, so that a real eigenvalue lies above 1. With an undamped
    mode no simultaneous step converges, each multiplies the mode by ``sqrt(1 + h^2 sigma^2)``, and no alternating
    one does, with any number of critic steps.

    Args:
        game: what is linearised.
        scheme: ``"simultaneous"`` or ``"alternating"``, the critic first.
        critic_steps: n, of the alternating scheme.
        ratio: the generator's rate over the critic's, positive.

    Raises:
        UsageError: as of :func:`update_matrix`.
    """
    _check(scheme, critic_steps)
    scaled = preconditioned(game.deflated, 1.0, _positive("ratio", ratio))
    if not scaled.p:
        return StepLimit(step=np.inf, neutral=np.inf, ratio=ratio, mode=None, because="nothing moves, at any step")
    if game.undamped:
        slowest = game.undamped[-1]
        neutral = 0.0 if scheme == "simultaneous" else _alternating_limit(scaled, critic_steps)
        because = f"{len(game.undamped)} undamped: the mode with frequency {slowest.frequency:.3g} "
        because += (
            "grows by sqrt(1 + h^2 frequency^2) a step, however small"
            if scheme == "simultaneous"
            else f"neither grows nor decays below {neutral:.3g}, and grows above"
        )
        return StepLimit(step=0.0, neutral=neutral, ratio=ratio, mode=slowest, because=because)
    step = _simultaneous_limit(scaled) if scheme == "simultaneous" else _alternating_limit(scaled, critic_steps)
    mode, because = _at_the_limit(game, step, ratio, scheme, critic_steps)
    return StepLimit(step=step, neutral=step, ratio=ratio, mode=mode, because=because)


def _simultaneous_limit(game: LinearGame) -> float:
    values = game.spectrum
    return float((-2 * values.real / np.abs(values) ** 2).min())


def _alternating_limit(game: LinearGame, critic_steps: int) -> float:
    """The first crossing of the unit circle; below it, undamped modes are neutral."""
    A, C = game.damping, game.coupling
    if critic_steps == 1:
        both = np.block([[A, C], [C.T, np.zeros((game.q, game.q))]])
        return 2 / float(linalg.eigvalsh(both)[-1])
    a, turn = linalg.eigh(A)
    a, C = a.clip(min=0.0), turn.T @ C
    if not a[-1]:
        return 2 / (float(linalg.norm(C, 2)) * math.sqrt(critic_steps))

    def room(h: float) -> float:
        """``1 - h lambda_max(C^T [2 (I + S) W^-1]^-1 C)``: positive where the generator's step is small enough."""
        S, W = _after(a, h, critic_steps)
        limit = 2 * np.maximum(1 + S, np.finfo(float).eps)
        return 1 - h * float(linalg.norm(np.sqrt(W / limit)[:, None] * C, 2)) ** 2 if C.size else 1.0

    # W (I + S)^-1 rises with h up to 2 / a_max for odd n, up to 1 / a_max for even n: one crossing at most there.
    critical = 2 / float(a[-1])
    if critic_steps % 2 or room(critical / 2) <= 0:
        points = np.array([0.0, critical * (1 if critic_steps % 2 else 0.5)])
    else:
        points = _with_minima(room, np.linspace(critical / 2, critical, SCANNED))
    values = np.array([room(h) for h in points])
    if (values > 0).all():
        return critical
    beyond = int(np.argmax(values <= 0))
    return float(optimize.brentq(room, points[beyond - 1], points[beyond], xtol=1e-300, rtol=1e-14, maxiter=1000))


def _with_minima(function: Callable[[float], float], points: Vector) -> Vector:
    """The points, with the minimum of the function added near each point that is lower than its neighbours."""
    values = np.array([function(point) for point in points])
    dips = np.flatnonzero((values[1:-1] <= values[:-2]) & (values[1:-1] <= values[2:])) + 1
    lowest = [
        optimize.minimize_scalar(function, bounds=(points[i - 1], points[i + 1]), method="bounded").x for i in dips
    ]
    return np.sort(np.concatenate([points, lowest]))


def _at_the_limit(game: LinearGame, step: float, ratio: float, scheme: Scheme, n: int) -> tuple[Mode | None, str]:
    """The mode that is nearest to the eigenvector that reaches the unit circle, and what happens there, in words."""
    inner = game.deflated
    update = update_matrix(inner, critic_rate=step, generator_rate=ratio * step, scheme=scheme, critic_steps=n)
    values, vectors = linalg.eig(update)
    last = int(np.argmax(np.abs(values)))
    value, critic = values[last], vectors[: inner.p, last]
    seen = np.array([abs(mode.critic @ critic) ** 2 for mode in inner.modes])
    unseen = float(linalg.norm(critic)) ** 2 - seen.sum()
    mode = game.modes[int(seen.argmax())] if seen.max(initial=0.0) > unseen else None
    who = (
        "a direction that the generator does not see"
        if mode is None
        else f"the mode with frequency {mode.frequency:.3g} and damping ratio {mode.ratio:.3g}"
    )
    flips = value.real < 0 and abs(value.imag) < 1e-6 * abs(value)
    return mode, f"beyond {step:.3g} {who} " + (
        "overshoots by more at every step, its sign alternating" if flips else "spirals outward"
    )


def _critic_steps(A: Matrix, h: float, n: int) -> tuple[Matrix, Matrix]:
    """``S = (I - h A)^n`` and ``W = h sum_{k<n} (I - h A)^k``."""
    one_step = np.eye(len(A)) - h * A
    powers = [np.eye(len(A))]
    for _ in range(n):
        powers.append(powers[-1] @ one_step)
    return powers[-1], h * sum(powers[:-1], start=np.zeros_like(A))


def _after(a: Vector, h: float, n: int) -> tuple[Vector, Vector]:
    """S and W for the eigenvalues of A."""
    powers = (1 - h * a) ** np.arange(n + 1)[:, None]
    return powers[-1], h * powers[:-1].sum(axis=0)


def _positive(name: str, value: float) -> float:
    if not (np.isfinite(value) and value > 0):
        raise UsageError(f"{name} is {value:g}; it must be a positive number")
    return value


def _check(scheme: str, critic_steps: int) -> None:
    if scheme not in {"simultaneous", "alternating"}:
        raise UsageError(f"there is no scheme {scheme!r}; it is 'simultaneous' or 'alternating'")
    if critic_steps < 1:
        raise UsageError(f"critic_steps is {critic_steps}; it must be at least 1")
    if scheme == "simultaneous" and critic_steps > 1:
        raise UsageError(
            f"{critic_steps} critic steps come one after the other, so that the generator's step is not simultaneous",
            remedy="take scheme='alternating'",
        )

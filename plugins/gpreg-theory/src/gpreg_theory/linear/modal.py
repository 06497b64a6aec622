"""A single mode in closed form: the steps with which a damped rotation converges, for each scheme.

Where Q and ``R R^T`` commute, the game falls apart into modes ``v' = -a v - b w, w' = b v`` with the damping
``a = u^T A u >= 0`` and the frequency ``b = sigma > 0``. One step is then a 2 x 2 matrix, and its characteristic
polynomial ``mu^2 - trace mu + det`` has both roots inside the unit circle if and only if ``|det| < 1`` and
``|trace| < 1 + det`` (Jury's criterion). The functions below solve these inequalities for the rates. For a whole game,
commuting or not, see :func:`~gpreg_theory.linear.steps.largest_step`.
"""

import math

from gpreg.errors import UsageError


def simultaneous_limit(a: float, b: float) -> float:
    """The largest step of simultaneous updates: ``a / b^2`` for ``a <= 2 b``, else ``(a - sqrt(a^2 - 4 b^2)) / b^2``.

    It follows from ``(mu - 1)^2 + (mu - 1) h a + h^2 b^2 = 0``. Beyond it underdamped modes spiral outward, and
    overdamped ones overshoot. It is 0 for a = 0, because a step multiplies an undamped mode by :func:`euler_growth`.
    """
    _check(a, b)
    return a / b**2 if a <= 2 * b else 4 / (a + math.sqrt(a**2 - 4 * b**2))


def alternating_limit(a: float, b: float) -> float:
    """The largest step of alternating updates, the critic first: ``(sqrt(a^2 + 4 b^2) - a) / b^2``.

    It follows from ``(mu - 1)^2 + (mu - 1) h a + mu h^2 b^2 = 0``. For a = 0 it is ``2 / b``, below which an undamped
    mode neither grows nor decays. It is larger than :func:`simultaneous_limit` if and only if ``a < 2 b / sqrt(3)``.
    """
    _check(a, b)
    return 4 / (a + math.sqrt(a**2 + 4 * b**2))


def simultaneous_converges(a: float, b: float, critic_rate: float, generator_rate: float) -> bool:
    """Whether two rates converge: ``h_g < a / b^2``, ``h_d (2 a - h_g b^2) < 4``; det = ``1 - h_d a + h_d h_g b^2``."""
    _check(a, b, critic_rate, generator_rate)
    return generator_rate * b**2 < a and critic_rate * (2 * a - generator_rate * b**2) < 4


def alternating_converges(a: float, b: float, critic_rate: float, generator_rate: float, critic_steps: int = 1) -> bool:
    """Whether two rates converge: ``a > 0`` and ``h_d (2 a + h_g b^2) < 4`` for one critic step.

    For n critic steps: ``h_d a < 2`` and ``h_g`` below :func:`generator_limit`. The determinant is ``(1 - h_d a)^n``.
    """
    _check(a, b, critic_rate, generator_rate)
    return 0 < critic_rate * a < 2 and generator_rate < generator_limit(a, b, critic_rate, critic_steps)


def generator_limit(a: float, b: float, critic_rate: float, critic_steps: float = 1) -> float:
    """The largest generator rate with n critic steps: ``2 a (1 + s) / (b^2 (1 - s))`` with ``s = (1 - h_d a)^n``.

    ``critic_steps=math.inf`` is the critic at its optimum, s = 0, with the limit ``2 a / b^2``. The limit is 0 where no
    generator rate converges: for a = 0, because any number of critic steps leaves an undamped mode undamped
    (det = s = 1), and for ``h_d a >= 2``, where the critic itself diverges.
    """
    s = _contraction(a, b, critic_rate, critic_steps)
    return 0.0 if abs(s) >= 1 else 2 * a * (1 + s) / (b**2 * (1 - s))


def best_generator_rate(a: float, b: float, critic_rate: float, critic_steps: float = 1) -> tuple[float, float]:
    """The generator rate with the least spectral radius for n critic steps, and that radius, ``sqrt(|s|)``.

    No rate has a smaller radius, because det = s. For ``s >= 0`` the smallest rate that attains it is
    ``a (1 - sqrt(s))^2 / (b^2 (1 - s))``, with a double eigenvalue; for ``s < 0`` it is the rate with trace 0,
    ``a (1 + s) / (b^2 (1 - s))``. With n = inf the generator arrives in one step of ``a / b^2``, with radius 0.

    Raises:
        UsageError: the critic alone does not converge: a = 0 or ``h_d a >= 2``.
    """
    s = _contraction(a, b, critic_rate, critic_steps)
    if abs(s) >= 1:
        raise UsageError(
            f"with the damping {a:g} and the rate {critic_rate:g} the critic alone does not converge",
            remedy="take a > 0 and a critic rate below 2 / a",
        )
    numerator = (1 - math.sqrt(s)) ** 2 if s >= 0 else 1 + s
    return a * numerator / (b**2 * (1 - s)), math.sqrt(abs(s))


def euler_growth(b: float, step: float) -> float:
    """The factor ``sqrt(1 + h^2 b^2)`` by which a simultaneous step multiplies the amplitude of an undamped mode."""
    return math.hypot(1.0, step * b)


def alternating_invariant(psi: float, theta: float, step: float, b: float = 1.0) -> float:
    """``psi^2 + theta^2 - h b psi theta``, which alternating steps of an undamped mode do not change.

    For ``h b < 2`` its level sets are ellipses, on which the mode turns for ever.
    """
    return psi**2 + theta**2 - step * b * psi * theta


def _contraction(a: float, b: float, critic_rate: float, critic_steps: float) -> float:
    """``s = (1 - h_d a)^n``; 1 for a critic that diverges in the limit of many steps."""
    _check(a, b, critic_rate)
    if not critic_steps >= 1:
        raise UsageError(f"critic_steps is {critic_steps}; it must be at least 1")
    each = 1 - critic_rate * a
    if math.isinf(critic_steps):
        return 0.0 if abs(each) < 1 else 1.0
    return math.pow(each, critic_steps)


def _check(a: float, b: float, *rates: float) -> None:
    if not (math.isfinite(a) and a >= 0 and math.isfinite(b) and b > 0):
        raise UsageError(f"a mode has a damping a >= 0 and a frequency b > 0, not a = {a:g} and b = {b:g}")
    if not all(math.isfinite(rate) and rate > 0 for rate in rates):
        raise UsageError(f"rates must be positive numbers, not {', '.join(f'{rate:g}' for rate in rates)}")

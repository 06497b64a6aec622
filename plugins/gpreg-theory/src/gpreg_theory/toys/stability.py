"""The stability of a toy at its equilibrium: spectrum, best rho, ceiling and largest steps, and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from gpreg.errors import UsageError
from gpreg_theory.linear.ceiling import Ceiling, ceiling
from gpreg_theory.linear.game import LinearGame, Mode, Spectrum
from gpreg_theory.linear.steps import StepLimit, largest_step
from gpreg_theory.linear.tuning import BestRho, best_rho
from gpreg_theory.toys.system import ToySystem

NEAR = 0.95
"""A rho is as good as the best if its rate is at least this share of the best rate."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Linearised:
    """The linearised game of a toy.

    Attributes:
        game: the linear game at the toy's rho.
        best: the best rho, and the rate of decay there.
        ceiling: the rate that no measure exceeds.
        simultaneous: the largest simultaneous step; ``None`` with several critic steps, which cannot be simultaneous.
        alternating: the largest alternating step.
    """

    game: LinearGame
    best: BestRho
    ceiling: Ceiling
    simultaneous: StepLimit | None
    alternating: StepLimit

    def to_dict(self) -> dict[str, Any]:
        """Plain data; numbers may be infinite."""
        game, best = self.game, self.best
        return {
            "stable": game.stable,
            "rate": game.rate,
            "Q": game.Q.tolist(),
            "R": game.R.tolist(),
            "modes": [{"frequency": m.frequency, "damping": m.damping, "ratio": m.ratio} for m in game.modes],
            "undamped": [mode.frequency for mode in game.undamped],
            "best_rho": {
                "rho": best.rho,
                "rate": best.rate,
                "rate_below": best.below,
                "rate_above": best.above,
                "ratios": list(best.ratios),
                "because": best.because,
            },
            "ceiling": {
                "rate": self.ceiling.rate,
                "commuting": self.ceiling.commuting,
                "because": self.ceiling.because,
            },
            "largest_step": {
                "simultaneous": None if self.simultaneous is None else _limit(self.simultaneous),
                "alternating": _limit(self.alternating),
            },
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Stability:
    """How stable a toy is at its equilibrium, with its rho.

    Attributes:
        system: the toy.
        spectrum: eigenvalues of the Jacobian; ``None`` where the field jumps at the equilibrium.
        linear: the linearised game; ``None`` where there is none.
        obstacle: why there is none; empty where there is one.
    """

    system: ToySystem
    spectrum: Spectrum | None
    linear: Linearised | None
    obstacle: str = ""

    @property
    def conclusion(self) -> str:
        """What was found and what to do, in a sentence or two."""
        if self.linear is None:
            return _without_linearisation(self.spectrum)
        if not self.linear.game.modes:
            return (
                "To first order the critic does not see the generator move, so that the linearised game decides "
                "nothing here; where trajectories end does."
            )
        if self.linear.game.undamped:
            return f"{_chase(self.linear.game.undamped)} {_remedy(self.system, self.linear.game)}"
        return f"{_decay(self.linear)} {_steps(self.linear)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data; numbers may be infinite."""
        return {
            "rho": self.system.rho,
            "obstacle": self.obstacle or None,
            "spectrum": None
            if self.spectrum is None
            else [[value.real, value.imag] for value in self.spectrum.tolist()],
            "linear": None if self.linear is None else self.linear.to_dict(),
            "conclusion": self.conclusion,
        }


def stability_of(system: ToySystem, *, critic_steps: int = 1, ratio: float = 1.0) -> Stability:
    """Find out how stable a toy is at its equilibrium.

    If the loss has not the form ``E f(D) + E f(-D)`` there is no linearised game, and the spectrum comes from
    difference quotients. If the field jumps at the equilibrium there is no spectrum either.

    Args:
        system: the toy.
        critic_steps: critic steps before each generator step, of the alternating scheme.
        ratio: the generator's learning rate over the critic's, positive.

    Raises:
        UsageError: the ratio is not a positive number, or there is no critic step.
    """
    try:
        game = system.linear()
    except UsageError as error:
        smooth = system.loss.concave is None
        spectrum: Spectrum | None = np.sort_complex(linalg.eigvals(system.jacobian())) if smooth else None
        return Stability(system=system, spectrum=spectrum, linear=None, obstacle=error.message)
    linear = Linearised(
        game=game,
        best=best_rho(game),
        ceiling=ceiling(game.coupling),
        simultaneous=largest_step(game, ratio=ratio) if critic_steps == 1 else None,
        alternating=largest_step(game, scheme="alternating", critic_steps=critic_steps, ratio=ratio),
    )
    return Stability(system=system, spectrum=game.spectrum, linear=linear)


def comparison(found: Mapping[str, Stability]) -> str:
    """Compare several measures on one toy, in words.

    With one rho for all, measures differ by their masses as much as by where they look. So they are also compared each
    at its own best rho.
    """
    games = {name: item.linear for name, item in found.items() if item.linear is not None}
    tuned = {name: linear.best.rate for name, linear in games.items() if linear.best.rate > 0}
    common = {name: linear.game.rate for name, linear in games.items() if linear.game.rate > 0}
    if not tuned:
        return "None of these is known to damp every mode; --measure pd with --form squared does."
    first, winner = _fastest(tuned), _fastest(common)
    told = f"Each at its own best rho, {_list(first)} decay{'s' * (len(first) == 1)} fastest, "
    told += f"at the rate {max(tuned.values()):.4g}."
    if common and first != winner:
        told += (
            f" At this common rho it is {_list(winner)}, at {max(common.values()):.4g}: one number for all compares "
            "their masses as much as where they look."
        )
    if lost := [name for name in games if name not in tuned]:
        told += f" Not every mode is damped by {_list(lost)}."
    if rough := [name for name in found if name not in games]:
        told += f" {_list(rough)} {'have' if len(rough) > 1 else 'has'} no linearised game."
    return told


def _without_linearisation(spectrum: Spectrum | None) -> str:
    if spectrum is None:
        return (
            "The field jumps at the equilibrium, so that training does not come to rest there smoothly: look at where "
            "trajectories end, or choose --form squared."
        )
    slowest = -float(spectrum.real.max(initial=-np.inf))
    if slowest > 1e-9 * float(np.abs(spectrum).max(initial=0.0)):
        return f"Every eigenvalue decays, the slowest at the rate {slowest:.4g}."
    return "An eigenvalue does not decay, so that the equilibrium is not attracting to first order."


def _chase(modes: tuple[Mode, ...]) -> str:
    plural = len(modes) > 1
    more = [f"{len(modes) - 4} more"] if len(modes) > 4 else []
    return (
        f"The mode{'s' * plural} with frequenc{'ies' if plural else 'y'} "
        f"{_list([*(f'{mode.frequency:.4g}' for mode in modes[:4]), *more])} {'are' if plural else 'is'} not damped: "
        "critic and generator chase each other without coming closer, and simultaneous steps of any size drive them "
        "apart."
    )


def _remedy(system: ToySystem, game: LinearGame) -> str:
    if system.regularizer.idle:
        return "Penalise the critic's squared gradient, as --measure pd --rho 1 does."
    if not game.Q.any() and not system.regularizer.simple:
        return "The penalty has no curvature where the gradient is 0; choose --form squared."
    return "The measure does not see that; compare others, as with --measure pd --measure mid --measure gp."


def _decay(linear: Linearised) -> str:
    rate, best = linear.game.rate, linear.best
    told = f"Every mode decays, the slowest at the rate {rate:.4g}"
    if rate >= NEAR * best.rate:
        return f"{told}, about the best that any rho gives this measure."
    if best.rho == 0:
        return f"{told}; without the penalty it would be {best.rate:.4g}."
    return f"{told}; rho = {best.rho:.4g} makes it {best.rate:.4g}."


def _steps(linear: Linearised) -> str:
    limits = {"simultaneous": linear.simultaneous, "alternating": linear.alternating}
    told = [f"{limit.step:.4g} if updates are {name}" for name, limit in limits.items() if limit is not None]
    return f"Keep the critic's learning rate, of plain gradient steps, below {_list(told)}."


def _fastest(rates: Mapping[str, float]) -> list[str]:
    return [name for name, rate in rates.items() if rate >= (1 - 1e-6) * max(rates.values())]


def _list(words: Iterable[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def _limit(limit: StepLimit) -> dict[str, Any]:
    return {
        "critic": limit.step,
        "generator": limit.generator_step,
        "neutral": limit.neutral,
        "because": limit.because,
    }

"""Assumption 6a, weak derivatives: are the first two of mu by the critic's parameters finite signed measures?

The characteristic function of a finite signed measure is bounded. So

    s(omega) = max over e, b of |d/dpsi integral of cos(omega <x, e> + b) dmu_psi|

stays bounded as omega grows if mu has a weak derivative, and grows like omega for a Dirac measure that moves. The
derivative is taken as a difference with step 1e-3 / omega (1e-3 where only weights change) and common random numbers.
This has a known false alarm: samples that move look like atoms that move, so that s also grows for p_d * N(psi, 1),
whose derivative is a smooth density. But the characteristic function of a measure with a density sinks into the noise
of the sample, 5 / sqrt(n), as omega grows. So growth counts against a measure only if it is above the noise at every
frequency.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.draws import Cloud, Line, cloud, frozen, in_double

FREQUENCIES = tuple(4.0**k for k in range(5))
"""The frequencies omega, in units of one over the data's standard deviation."""

STEP = 1e-3
"""The product omega h, where the step h is relative to the size of the parameters."""

DIRECTIONS = 6
"""The number of unit vectors e."""

LINE = 31
"""The seed of the line along which psi moves. Its direction is dense: every parameter moves."""

PLAUSIBLE, ATOMIC = 0.2, 0.8
"""Up to the first slope of log s over log omega, s counts as bounded; from the second on, as growing like omega."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Response:
    """How a measure's characteristic function changes with the critic.

    Attributes:
        level: ``(F,)``, the modulus of the characteristic function at each frequency, the largest over directions.
        noise: up to this, ``5 M / sqrt(n)``, the level is noise.
        first, second: ``(F,)``, s(omega) for the first and the second derivative, the largest over directions.
        steady: whether halving the step leaves both as they are, to within 5 %.
    """

    level: NDArray[np.float64]
    noise: float
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    steady: bool

    @property
    def audible(self) -> bool:
        """Whether the level is above the noise at every frequency, as it is for atoms."""
        return bool((self.level > self.noise).all())

    def slope(self, order: int) -> float:
        """The slope of log s over log omega, for the first or second derivative; ``-inf`` where s vanishes."""
        s = self.first if order == 1 else self.second
        floor = 1e-4 * max(float(self.level.max()), 1e-12)
        return float(np.polyfit(np.log(FREQUENCIES), np.log(s), 1)[0]) if (s > floor).all() else float("-inf")


@deciding("6a", applies=lambda case: not case.independent)
def check(case: Case) -> Iterable[Said]:
    """Decide 6a as far as it is about the weak derivatives."""
    fixed = case.fixed_points
    answers = [response(case.measure, frozen(batch) if fixed else batch, fixed_points=fixed) for batch in case.trimmed]
    seen = [own for own in answers if own is not None]
    if len(seen) < len(answers):
        return  # the check of the mass says so
    slopes = [(own.slope(1), own.slope(2)) for own in seen]
    statistics: dict[str, Any] = {
        "frequencies": FREQUENCIES,
        "slopes": slopes,
        "s": [own.first.tolist() for own in seen],
        "level": [own.level.tolist() for own in seen],
        "noise": [own.noise for own in seen],
        "steady": [own.steady for own in seen],
    }
    steady = all(own.steady for own in seen)
    told = f"slopes of s over the frequency: {' and '.join(f'{one:.2f}' for one, _ in slopes)} (two batches)"
    if all(one >= ATOMIC for one, _ in slopes) and steady and all(own.audible for own in seen):
        evidence = f"not weakly differentiable in psi; {told}, at frequencies that are all above the noise"
        yield violated(evidence, "choose a measure whose points do not depend on the critic", statistics)
    elif max(max(pair) for pair in slopes) > PLAUSIBLE or not steady:
        why = (
            "not bounded, but not above the noise everywhere" if steady else "differences do not settle as steps shrink"
        )
        evidence = f"{told}: {why}; under common random numbers any point that moves looks like an atom"
        yield undecided(evidence, statistics=statistics)
    elif fixed and case.point != "training":
        evidence = (
            f"the points do not depend on the critic; {told}, of second differences no more than {PLAUSIBLE}: both "
            "weak derivatives are finite signed measures"
        )
        yield holds(evidence, statistics=statistics)
    else:
        yield undecided(f"weak derivatives are plausible: {told}", statistics=statistics)


def response(measure: PenaltyMeasure, batch: PenaltyBatch, *, fixed_points: bool = False) -> Response | None:
    """Measure s(omega) on a frozen batch, in float64; ``None`` if the critic cannot be copied.

    Args:
        measure: draws from mu.
        batch: the samples and the players.
        fixed_points: whether only the weights depend on the critic, so that one step serves all frequencies.
    """
    measure, batch = in_double(measure, batch)
    line = Line.through(batch.critic, LINE, torch.float64)
    if line is None:
        return None

    @cache
    def along(h: float) -> Cloud:
        return cloud(measure, replace(batch, critic=line.at(h)), 0)

    here = along(0.0)
    directions = np.random.default_rng(0).standard_normal((here.points.shape[1], DIRECTIONS))
    spread = float(here.points.std(0).mean()) if len(here.points) else 0.0
    directions /= np.linalg.norm(directions, axis=0) * (spread or 1.0)
    first, second = np.zeros((2, len(FREQUENCIES))), np.zeros((2, len(FREQUENCIES)))  # by step and half step
    middle = [_transform(here, omega, directions) for omega in FREQUENCIES]
    for i, omega in enumerate(FREQUENCIES):
        for j in range(2):
            h = STEP / 2**j / (1 if fixed_points else omega)
            low, high = (_transform(along(at), omega, directions) for at in (-h, h))
            first[j, i] = np.abs(high - low).max() / (2 * h)
            second[j, i] = np.abs(high - 2 * middle[i] + low).max() / h**2
    floor = 1e-2 * max(here.mass, 1e-12)
    steady = all((np.abs(s[1] - s[0]) <= 0.05 * s[1] + floor).all() for s in (first, second))
    return Response(
        level=np.array([np.abs(transform).max() for transform in middle]),
        noise=5 * here.mass / float(np.sqrt(max(len(here.points), 1))),
        first=first[1],
        second=second[1],
        steady=steady,
    )


def _transform(own: Cloud, omega: float, directions: NDArray[np.float64]) -> NDArray[np.complex128]:
    """``(DIRECTIONS,)``, the integrals of exp(i omega <x, e>)."""
    if not len(own.points):
        return np.zeros(directions.shape[1], dtype=np.complex128)
    phases: NDArray[np.complex128] = np.exp(1j * omega * (own.points @ directions))
    transform: NDArray[np.complex128] = own.weights @ phases / len(own.weights)
    return transform

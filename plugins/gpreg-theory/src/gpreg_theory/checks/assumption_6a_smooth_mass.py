"""Assumption 6a, the mass: is M(psi) bounded and twice differentiable in the critic's parameters?

On a frozen batch and with one seed, M is an exact function of psi, and its differences along a line have no noise. As
the step h shrinks, first and second differences converge if M is twice differentiable, while the second differences of
|psi| at 0 grow like 1/h. Where the points do not depend on the critic, mu_psi = w_psi nu with a fixed nu. The same is
then asked of each weight, and of the mean over all: the limits are the total variations of mu's two weak derivatives.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch

from gpreg.interfaces import PenaltyBatch, PenaltyMeasure
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.draws import Line, Weights, cloud, frozen, in_double

STEPS = tuple(2.0**-k for k in range(5, 11))
"""The steps h along a line, relative to the size of the parameters."""

LINE = 21
"""The seed of the line. Its direction is dense: every parameter moves."""

Behaviour = Literal["converges", "grows", "unclear"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Differences:
    """Differences of a measure's weights along a line ``psi + h v``, at each step h.

    Attributes:
        first: ``(H,)``, ``mean |w(h) - w(-h)| / 2h``. Where the points move, single weights cannot be compared, and the
            mass takes the place of w.
        second: ``(H,)``, ``mean |w(h) - 2 w(0) + w(-h)| / h^2``, in the same way.
        largest: the largest mass seen.
    """

    first: Weights
    second: Weights
    largest: float

    @property
    def behaviour(self) -> Behaviour:
        """Whether both converge as h tends to 0, or one of them grows like 1/h."""
        both = [behaviour(values, self.largest) for values in (self.first, self.second)]
        return "grows" if "grows" in both else "unclear" if "unclear" in both else "converges"


@deciding("6a", applies=lambda case: not case.independent)
def check(case: Case) -> Iterable[Said]:
    """Decide 6a as far as it is about the mass, and about the weights of points that do not move."""
    along = [differences(case.measure, frozen(batch)) for batch in case.trimmed]
    seen = [own for own in along if own is not None]
    if len(seen) < len(along):
        yield undecided("the critic cannot be copied, so that nothing can be differentiated by psi")
        return
    statistics: dict[str, Any] = {
        "steps": STEPS,
        "first": [own.first.tolist() for own in seen],
        "second": [own.second.tolist() for own in seen],
        "largest_mass": max(own.largest for own in seen),
    }
    what = "the weights" if case.fixed_points else "the mass"
    behaviours = {own.behaviour for own in seen}
    if case.point == "training":
        manner = "converge" if behaviours == {"converges"} else "do not all converge"
        evidence = f"here the differences of {what} {manner}; the assumption is about the equilibrium"
        yield undecided(evidence, statistics=statistics)
    elif behaviours == {"grows"}:
        yield violated(
            f"differences of {what} along a line of parameters grow like 1/h as h falls to {STEPS[-1]:.2g}, on both "
            "batches: not twice differentiable",
            "make the weights twice differentiable in the critic's output",
            statistics,
        )
    elif case.fixed_points and behaviours == {"converges"}:
        evidence = (
            "the points do not depend on the critic, and first and second differences of the weights converge in the "
            "mean along a line of parameters on both batches: two weak derivatives, of total variation "
            f"{max(own.first[-1] for own in seen):.2g} and {max(own.second[-1] for own in seen):.2g}; the mass "
            f"stays below {1.01 * statistics['largest_mass']:.3g} there"
        )
        yield holds(evidence, statistics=statistics)
    else:
        yield undecided(f"differences of {what} do not grow, which alone proves nothing", statistics=statistics)


def differences(measure: PenaltyMeasure, batch: PenaltyBatch) -> Differences | None:
    """The differences along one line, in float64; ``None`` if the critic cannot be copied."""
    measure, batch = in_double(measure, batch)
    line = Line.through(batch.critic, LINE, torch.float64)
    if line is None:
        return None
    drawn = {h: cloud(measure, replace(batch, critic=line.at(h)), 0) for h in (0.0, *STEPS, *(-s for s in STEPS))}
    middle = drawn[0.0]
    partners = all(np.array_equal(own.points, middle.points) for own in drawn.values())
    w = {h: own.weights if partners else np.array([own.mass]) for h, own in drawn.items()}
    return Differences(
        first=np.array([np.abs(w[h] - w[-h]).mean() / (2 * h) for h in STEPS]),
        second=np.array([np.abs(w[h] - 2 * w[0.0] + w[-h]).mean() / h**2 for h in STEPS]),
        largest=max(own.mass for own in drawn.values()),
    )


def behaviour(values: Weights, scale: float) -> Behaviour:
    """Whether a sequence over :data:`STEPS` grows like 1/h, converges to within 5 %, or does neither.

    Values up to 1e-4 of the scale count as 0.
    """
    floor = 1e-4 * max(scale, 1e-12)
    tail = values[-4:]
    if (tail > floor).all() and np.polyfit(np.log(STEPS[-4:]), np.log(tail), 1)[0] <= -0.8:
        return "grows"
    change = np.abs(np.diff(tail))
    return "converges" if (change <= 0.05 * tail[1:] + floor).all() else "unclear"

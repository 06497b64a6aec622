"""Assumption 5a, the limit: does mu_theta tend to mu* as the model tends to the data?

The measure is fed with fakes that tend to data, x' + t (x_g - x') with real x' and fake x_g: at t = 1 they are the
model's, at t = 0 the data's. The batch is frozen, and the seed is one throughout, so that each point of mu_t has a
partner in mu_0. The distances of partners bound the 2-Wasserstein distance of mu_t and mu_0 from above. Convergence in
this distance is weak convergence together with that of the second moments, which an integrand that grows needs:
(1 - 1/n) U(-1, 1) + (1/n) delta_sqrt(n) converges weakly, but its second moment does not. Partners that stay apart do
not count against a measure, because points may change places; only the maximum mean discrepancy of the two laws does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from gpreg.interfaces import CheckContext, PenaltyBatch
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds, undecided, violated
from gpreg_theory.checks.evidence.discrepancy import RESAMPLES, bandwidth, mmd
from gpreg_theory.checks.evidence.draws import (
    FEWEST,
    Cloud,
    Points,
    Weights,
    cloud,
    fed_with_data,
    flat,
    follows_fakes,
    generated,
    has_trained_parts,
    trimmed,
    zero,
)

TIMES = tuple(2.0**-k for k in range(0, 11, 2))
"""t, from the model towards the data."""

NEAR = 0.01
"""The distance at the last t, relative to the spread of mu*, up to which mu_t counts as arrived."""

FAR = 0.1
"""The maximum mean discrepancy at the last t from which on mu_t counts as elsewhere; the largest possible is sqrt(2).
The kernel is as wide as mu_1 and mu_0 are apart, because a narrower one finds any two point masses far apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Approach:
    """How mu_t tends to mu_0 on one batch.

    Attributes:
        distance: ``(T,)``, root mean square distance of partners over the spread of mu*, or the largest relative
            difference of their weights if that is more; an upper bound on the 2-Wasserstein distance.
        upper: 99 % bootstrap bound on the last distance.
        discrepancy: MMD(mu_t, mu_0) at the last t.
        lower: 99 % bootstrap bound on the discrepancy.
        model: MMD(p_theta, p_d), at t = 1, with independent data, and its 99 % bootstrap interval.
        measure: MMD(mu_theta, mu*), in the same way.
        moments: second moments of mu_1 and of mu_0, about the mean of mu_0.
    """

    distance: Weights
    upper: float
    discrepancy: float
    lower: float
    model: tuple[float, float, float]
    measure: tuple[float, float, float]
    moments: tuple[float, float]

    @property
    def slope(self) -> float:
        """The slope of log distance over log t; ``inf`` where the distance vanishes."""
        if not (self.distance > 1e-9).all():
            return float("inf")
        return float(np.polyfit(np.log(TIMES), np.log(self.distance), 1)[0])


def _without_critic(case: Case) -> bool:
    """Whether mu has a limit to look at; a measure of real samples alone, or one that sees the critic, has not."""
    if case.measure.needs <= {"real"}:
        return False
    return not follows_fakes(case.measure) or has_trained_parts(case.measure) or case.independent


@deciding("5a", applies=_without_critic)
def check(case: Case) -> Iterable[Said]:
    """Decide 5a as far as it is about the limit; it also asks that mu does not depend on the critic."""
    if not follows_fakes(case.measure):
        yield undecided("mu depends on the generator itself, so that no samples show its limit")
        return
    if has_trained_parts(case.measure):
        yield undecided("parts of the measure are trained, and must converge as well")
        return
    fed = [own for batch in case.pair if (own := with_fakes(case, trimmed(replace(batch, critic=zero)))) is not None]
    if len(fed) < 2 or any(not len(cloud(case.measure, batch, 0).points) for batch in fed):
        return
    first, second = fed
    if len(first.real) < FEWEST:
        yield undecided(f"{len(first.real)} samples are too few to see a limit")
        return
    seen = [approach(case, here, there) for here, there in ((first, second), (second, first))]
    statistics: dict[str, Any] = {
        "times": TIMES,
        "samples": len(first.real),
        "distance": [own.distance.tolist() for own in seen],
        "distance_upper": [own.upper for own in seen],
        "slope": [own.slope for own in seen],
        "mmd_last": [own.discrepancy for own in seen],
        "mmd_last_lower": [own.lower for own in seen],
        "mmd_model": [own.model for own in seen],
        "mmd_measure": [own.measure for own in seen],
        "second_moments": [own.moments for own in seen],
    }
    last = f"with fakes {TIMES[-1]:.2g} of the way from data to the model's samples"
    if all(own.lower > FAR for own in seen):
        yield violated(
            f"mu does not tend to mu*: {last} it is still at a maximum mean discrepancy of "
            f"{min(own.lower for own in seen):.2g} or more from it (99 %, on both batches)",
            "choose a measure that is continuous in the fake samples",
            statistics,
        )
    elif all(own.upper <= NEAR and own.slope >= 0.5 and own.distance[0] > 0 for own in seen):
        evidence = (
            f"{last} mu has come to within {max(own.upper for own in seen):.2g} of mu*, in 2-Wasserstein distance "
            "over its spread (99 %, on both batches): second moments converge as well; seen along one path, not all"
        )
        yield holds(evidence, statistics=statistics)
    else:
        yield undecided(f"{last} mu is not seen to have arrived at mu*, nor to be elsewhere", statistics=statistics)


def with_fakes(context: CheckContext, batch: PenaltyBatch) -> PenaltyBatch | None:
    """The batch with the model's samples as its fakes; ``None`` where the model is needed and not there."""
    if context.point != "construction":
        return batch
    if batch.generator is None or batch.latent is None:
        return None
    return replace(batch, fake=generated(batch))


def approach(context: CheckContext, batch: PenaltyBatch, other: PenaltyBatch) -> Approach:
    """Feed the measure with fakes that come ever closer to data, and compare what it draws.

    Args:
        context: the case that is checked.
        batch: the real and the fake samples.
        other: an independent batch.
    """
    start = fed_with_data(batch)
    drawn = [_at(context, start, batch.fake, t) for t in TIMES]
    limit = _at(context, start, batch.fake, 0.0)
    spread = _spread(limit.points)
    moved = [np.linalg.norm(own.points - limit.points, axis=1) / spread for own in drawn]
    changed = [np.abs(own.weights - limit.weights).max() / max(limit.mass, 1e-12) for own in drawn]
    elsewhere = cloud(context.measure, fed_with_data(other), 1)
    fakes, data = flat(batch.fake), flat(other.real)
    centre = limit.points.mean(0)
    first, last = drawn[0], drawn[-1]
    width = bandwidth(np.concatenate([first.points, limit.points]))
    discrepancy = mmd(last.points, last.weights, limit.points, limit.weights, paired=True, width=width)
    return Approach(
        distance=np.array([max(_rms(m), c) for m, c in zip(moved, changed, strict=True)]),
        upper=max(_upper_rms(moved[-1]), changed[-1]),
        discrepancy=discrepancy[0],
        lower=discrepancy[1],
        model=mmd(fakes, np.ones(len(fakes)), data, np.ones(len(data))),
        measure=mmd(first.points, first.weights, elsewhere.points, elsewhere.weights),
        moments=(_second_moment(first, centre), _second_moment(limit, centre)),
    )


def _at(context: CheckContext, start: PenaltyBatch, fake: torch.Tensor, t: float) -> Cloud:
    return cloud(context.measure, replace(start, fake=start.fake + t * (fake - start.fake)), 0)


def _spread(points: Points) -> float:
    """Root mean square distance from the mean; 1 for a single point."""
    return _rms(np.linalg.norm(points - points.mean(0), axis=1)) or 1.0


def _rms(distances: Weights) -> float:
    return float(np.sqrt(np.mean(distances**2)))


def _upper_rms(distances: Weights) -> float:
    chosen = np.random.default_rng(0).integers(len(distances), size=(RESAMPLES, len(distances)))
    return float(np.quantile(np.sqrt((distances[chosen] ** 2).mean(1)), 0.99))


def _second_moment(own: Cloud, centre: Weights) -> float:
    return float((own.weights * ((own.points - centre) ** 2).sum(1)).mean())

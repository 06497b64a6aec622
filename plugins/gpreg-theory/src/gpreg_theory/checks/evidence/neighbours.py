"""Supports, as samples show them: which points lie outside of a sample, and which part of it has no points near.

Samples cannot show a support, only an effective one, where all but a stated share of the data lies. Holes and outliers
are recognised at the scale of the distance between neighbours. In many dimensions these tests say nothing.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import betaincinv

from gpreg_theory.checks.evidence.draws import Points

TRUSTED_DIMENSION = 10
"""In more dimensions than this, distances between neighbours are not trusted."""

QUANTILE = 0.999
"""The share of the data that makes up its effective support."""

SHARE = 0.01
"""The share of a measure outside the effective support, and of the data's mass in a hole, that is still excused."""

ERROR = 0.01
"""The probability with which a bound may be wrong: all bounds hold at 99 %."""

MARGIN = 2.0
"""A hole reaches farther than this many times the spacing of the data, and of mu* at the hole's edge. Where mu* is
merely thin, as noise about a curve is in several dimensions, its points are as far from each other as from the data.
"""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """How many points lie outside the effective support of a reference sample.

    Attributes:
        n: the number of points.
        share: the share of points farther than ``radius`` from the reference.
        lower: the one-sided 99 % Clopper-Pearson bound on that share.
        excused: the share that may be outside: 1 %, or what a radius estimated from few held-out points may miss.
        radius: the 99.9 % quantile of the distance from held-out points to the reference.
        witness: ``(d,)``, the point that is farthest from the reference.
        farthest: the distance of that point.
    """

    n: int
    share: float
    lower: float
    excused: float
    radius: float
    witness: tuple[float, ...]
    farthest: float

    @property
    def significant(self) -> bool:
        """Whether more is outside than can be excused."""
        return self.lower > self.excused


@dataclass(frozen=True, kw_only=True)
class Ball:
    """A ball about a data point that reaches to its k-th neighbour in fresh data.

    Attributes:
        centre: ``(d,)``.
        radius: the distance to the k-th neighbour.
        share: the share of fresh data inside: k / n, or more where samples coincide, as atoms do.
        inside: the number of the measure's points inside.
        ratio: the measure's share inside, divided by that of the data.
        lower: the 99 % bound on that ratio, for all balls together.
    """

    centre: tuple[float, ...]
    radius: float
    share: float
    inside: int
    ratio: float
    lower: float


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The distance from a ball to the nearest of a measure's points.

    Attributes:
        distance: the distance from the ball's centre to the nearest point.
        spacing: the larger of the ball's radius and the distance from that point to its eighth neighbour.
    """

    distance: float
    spacing: float

    @property
    def opens(self) -> bool:
        """Whether the measure is absent here, and not merely thin."""
        return self.distance > MARGIN * self.spacing


def outside(points: Points, reference: Points, held_out: Points) -> Outside:
    """Count the points outside the effective support of a sample.

    Args:
        points: ``(n, d)``, at least one.
        reference: ``(r, d)``, the sample; it is independent of the points.
        held_out: ``(m, d)``, another sample of the reference's law, independent of it.
    """
    tree = cKDTree(reference)
    radius = max(float(np.quantile(tree.query(held_out)[0], QUANTILE, method="higher")), _resolution(reference))
    distance = tree.query(points)[0]
    count = int((distance > radius).sum())
    return Outside(
        n=len(points),
        share=count / len(points),
        lower=lower_bound(count, len(points), ERROR),
        excused=max(SHARE, 1 - ERROR ** (1 / len(held_out))),
        radius=radius,
        witness=tuple(points[distance.argmax()].tolist()),
        farthest=float(distance.max()),
    )


def emptiest(points: Points, data: Points, fresh: Points) -> Ball:
    """Find the ball about a data point that holds the fewest of the points; among equals, the one farthest from them.

    Args:
        points: ``(N, d)``, points of the measure.
        data: ``(a, d)``, the centres of the balls.
        fresh: ``(n, d)``, independent data, which sets the size of each ball.
    """
    k = max(8, len(fresh) // 16)
    radii = cKDTree(fresh).query(data, k=[k])[0][:, 0].clip(_resolution(fresh))
    tree = cKDTree(points)
    inside = tree.query_ball_point(data, radii, return_length=True)
    distance = tree.query(data)[0]
    worst = int(np.lexsort((-distance, inside))[0])
    count, error, n = int(inside[worst]), ERROR / len(data), len(fresh)
    held = max(k, int((np.linalg.norm(fresh - data[worst], axis=1) <= radii[worst]).sum()))
    share = held / n
    # the k-th neighbour bounds the ball's mass if samples are distinct, Clopper and Pearson's interval if they coincide
    upper = (k, n - k + 1) if held == k else (held + 1, n - held)
    most = float(betaincinv(*upper, 1 - error)) if held < n else 1.0
    return Ball(
        centre=tuple(data[worst].tolist()),
        radius=float(radii[worst]),
        share=share,
        inside=count,
        ratio=count / len(points) / share,
        lower=lower_bound(count, len(points), error) / most,
    )


def gap(ball: Ball, points: Points) -> Gap:
    """Measure the gap between a ball and the points ``(N, d)``."""
    tree = cKDTree(points)
    distance, index = tree.query(ball.centre)
    spacing = tree.query(points[index], k=[min(9, len(points))])[0][0]  # its first neighbour is itself
    return Gap(distance=float(distance), spacing=max(ball.radius, float(spacing)))


def nearest(points: Points, data: Points, fresh: Points) -> tuple[float, float, float]:
    """The mean distance from data to the nearest point over that to the nearest fresh data, and its 99 % interval.

    The interval is by 200 bootstrap resamples of the data. NaN where fresh data is at distance 0, as with atoms.
    """
    to_points, to_fresh = cKDTree(points).query(data)[0], cKDTree(fresh[: len(points)]).query(data)[0]
    chosen = np.random.default_rng(0).integers(len(data), size=(200, len(data)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = to_points[chosen].mean(1) / to_fresh[chosen].mean(1)
        ratio = float(to_points.mean() / to_fresh.mean())
        low, high = (float(value) for value in np.quantile(ratios, (ERROR / 2, 1 - ERROR / 2)))
    return ratio, low, high


def _resolution(points: Points) -> float:
    """The distance up to which single precision cannot tell two points apart."""
    return 1e-6 * float(np.abs(points).max())


def lower_bound(count: int, n: int, error: float) -> float:
    """The one-sided lower Clopper-Pearson bound on a share."""
    return float(betaincinv(count, n - count + 1, error)) if count else 0.0

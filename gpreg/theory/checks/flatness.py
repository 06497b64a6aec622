"""Assumptions 1, 3 and 6c: D* is constant around the data, where the generator goes, and where the penalty looks."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.errors import GpregError
from gpreg.interfaces import CheckContext, Finding, PenaltyBatch
from gpreg.interfaces.finding import Basis, Verdict
from gpreg.theory.checks.constant import constant_by_structure
from gpreg.theory.checks.declared import not_of_the_theorem, of_the_theorem
from gpreg.theory.checks.frozen import FrozenGame, in_float64, refuse_coupling, undecided
from gpreg.theory.networks.players import CriticPlayer, GeneratorPlayer, gradient

FLAT = 1e-3
"""Relative spread, slope and field norm up to this count as 0."""

WITNESS = 0.1
"""A relative spread or slope above this is a counterexample; what lies between is undecided."""

TUBE = 0.1
"""Radius of the tube around the data, in units of the median distance of nearest neighbours."""

DIRECTIONS = 4
"""How many directions the generator is moved in."""

STEPS = (1e-1, 1e-3, 1e-5)
"""How far, in units of the size of its parameters (at least 1)."""

MISSED = 0.05
"""Of no more than this share of the tube nothing may be known where D is said to be constant."""

ROUNDOFF = 1e-12
"""A field of float64 up to this is at rest whatever it is compared with."""

_SOURCE = "Kim, Park and Hwang (2018), Assumption {}"
_REALIZABLE = "that p_theta* = p_d is assumed, which no check can show"
_NOT_YET = "this is not an equilibrium, and D need not be constant before there is one"


@dataclass(frozen=True, kw_only=True)
class Flatness:
    """How far from constant a critic is on a tube around data.

    Attributes:
        spread: ``sup |D - mean D|``, in units of the reference's.
        slope: root mean square of ``|grad_x D|``, in units of the reference's.
        samples: points in the tube.
        radius: of the tube.
    """

    spread: float
    slope: float
    samples: int
    radius: float

    @property
    def flat(self) -> bool:
        """Whether both are at most :data:`FLAT`."""
        return self.spread <= FLAT and self.slope <= FLAT

    @property
    def missed(self) -> float:
        """The largest share of the tube that all samples miss with probability 1 %: there D may be anything."""
        share: float = 1 - 0.01 ** (1 / self.samples)
        return share


def check(context: CheckContext) -> Iterable[Finding]:
    """Assumptions 1, 3 and 6c.

    At the point ``"construction"``, and wherever the critic's last layer is zero, D is constant everywhere, so that
    all three hold by structure. Elsewhere they are measured relative to ``context.reference``; without one, relative
    to a critic with ``|grad D| = 1`` everywhere, whose spread is ``sup |x - mean x|``.
    """
    if not of_the_theorem(context):
        for name in ("1", "3"):
            yield undecided(name, not_of_the_theorem(context), "use the form squared")
        return
    try:
        because = constant_by_structure(context.batch.critic, context.batch)
        if because is not None:
            yield from _proved(context, because)
            return
        batches = [in_float64(batch) for batch in (context.batch, context.second_batch)]
        for batch in batches:
            refuse_coupling(batch)
        reference = (
            in_float64(context.batch, limit=1, critic=context.reference).critic
            if isinstance(context.reference, nn.Module)
            else None
        )
        for one in (_around_data, _along_generator, _under_measure):
            yield one(context, batches, reference)
    except GpregError as error:
        for name in ("1", "3", "6c"):
            yield undecided(name, error.message, error.remedy)


def tube(points: Tensor, seed: int = 0) -> tuple[Tensor, float]:
    """The points ``(N, *x)`` and one point at distance eps from each, ``(2 N, *x)``; and eps.

    eps is :data:`TUBE` times the median distance of a point to the nearest one that differs from it; where all points
    coincide, :data:`TUBE` itself.
    """
    flat = points.flatten(1)
    distances = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")  # which has roundoff at 0
    nearest = distances.masked_fill(distances <= 1e-9 * flat.abs().max(), math.inf).amin(1)
    nearest = nearest[nearest.isfinite()]
    eps = TUBE * (nearest.median().item() if len(nearest) else 1.0)
    rng = torch.Generator().manual_seed(seed)
    direction = torch.randn(flat.shape, generator=rng, dtype=torch.float64).to(flat)
    moved = flat + eps * nn.functional.normalize(direction, dim=1)
    return torch.cat([points, moved.view_as(points)]), eps


class Ruler:
    """Spread and slope of a critic; without one, of a critic with ``|grad D| = 1`` everywhere.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)``, in float64, copied; or ``None``.
    """

    def __init__(self, critic: nn.Module | None) -> None:
        self.player = None if critic is None else CriticPlayer(critic, [], chunk=256)

    def spread(self, points: Tensor, labels: Tensor | None, about: Tensor, about_labels: Tensor | None) -> float:
        """``sup |D - mean|`` over points ``(N, *x)``, the mean being that over others; ``sup |x - mean|`` without D."""
        if self.player is None:
            distances = (points - about.mean(0)).flatten(1).norm(dim=1)
        else:
            mean = self.player.values(about, about_labels).mean()
            distances = (self.player.values(points, labels) - mean).abs()
        return float(distances.max())

    @torch.enable_grad()
    def slopes(self, points: Tensor, labels: Tensor | None) -> Tensor:
        """``(N,)``, ``|grad_x D|``; ones without D."""
        if self.player is None:
            return points.new_ones(len(points))
        player = self.player
        steps = (gradient(player.outputs(x, y).sum(), [x])[0] for x, y in player.leaves(points, labels))
        return torch.cat([step.flatten(1).norm(dim=1) for step in steps])


def flatness(critic: nn.Module, reference: nn.Module | None, points: Tensor, labels: Tensor | None = None) -> Flatness:
    """Spread and slope of D on the :func:`tube` around points, relative to the reference.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)``, in float64.
        reference: the same, for scale; ``None``: a critic with ``|grad D| = 1`` everywhere.
        points: ``(N, *x)``, in float64.
        labels: ``(N,)``.
    """
    around, eps = tube(points)
    labels = None if labels is None else labels.repeat(2)
    rulers = Ruler(critic), Ruler(reference)
    spread = _ratio(*(ruler.spread(around, labels, around, labels) for ruler in rulers))
    slope = _ratio(*(ruler.slopes(around, labels).square().mean().sqrt().item() for ruler in rulers))
    return Flatness(spread=spread, slope=slope, samples=len(around), radius=eps)


def _proved(context: CheckContext, because: str) -> Iterable[Finding]:
    lead = f"{because}, so that D is constant everywhere"
    told: dict[str, Any] = {}
    yield _finding("1", "holds", "proved", f"{lead}; {_REALIZABLE}", statistics=told | {"realizability": "assumed"})
    yield _finding("3", "holds", "proved", lead, statistics=told)
    yield _finding("6c", "holds", "proved", f"{lead}, and its gradient zero wherever mu goes", statistics=told)


def _around_data(context: CheckContext, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Finding:
    """Assumption 1."""
    seen = [flatness(batch.critic, reference, batch.real, batch.labels) for batch in batches]
    fields = [_field(context, batch, reference) for batch in batches]
    statistics = {"batches": [asdict(one) for one in seen], "fields": fields, "realizability": "assumed"}
    spread, slope = max(one.spread for one in seen), max(one.slope for one in seen)
    told = f"D varies by {spread:.2g} on the data and within {seen[0].radius:.2g} of it, and its slope is {slope:.2g}, "
    told += "relative to a critic of slope 1" if reference is None else "relative to the initial critic"
    if context.point == "equilibrium" and all(one.flat and one.missed <= MISSED for one in seen):
        evidence = f"{told}; with 99 % confidence this is so on all but {seen[1].missed:.1%} of the tube; {_REALIZABLE}"
        return _finding("1", "holds", "measured", evidence, statistics=statistics)
    resting = all(field is not None and field <= FLAT for field in fields)
    if resting and min(one.spread for one in seen) > WITNESS:
        evidence = f"{told}, though the game is at rest, on both batches: an equilibrium whose critic is not constant"
        remedy = "choose a measure whose penalty sees D around the data, such as pd or mid"
        return _finding("1", "violated", "measured", evidence, remedy=remedy, statistics=statistics)
    reason = _NOT_YET if context.point == "training" else "neither flat enough nor shown to be at rest"
    return undecided("1", f"{told}; {reason}", statistics=statistics)


def _along_generator(context: CheckContext, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Finding:
    """Assumption 3."""
    if context.point != "equilibrium":
        return undecided("3", _NOT_YET)
    if any(batch.generator is None or batch.latent is None for batch in batches):
        return undecided("3", "the generator is no nn.Module, or its codes are not known, so that it cannot be moved")
    runs = [_deviations(batch, reference) for batch in batches]
    statistics = {"steps": list(STEPS), "deviations": runs, "directions": DIRECTIONS}
    least, most = min(map(min, runs)), max(map(max, runs))
    if least > WITNESS:
        evidence = "however little theta moves, D at the generator's samples differs from its mean over the data: by "
        evidence += (
            f"{least:.2g} of what the reference does or more, at all steps down to {STEPS[-1]:g}, on both batches"
        )
        remedy = "linearise where D is constant; before training, gpreg check does so"
        return _finding("3", "violated", "measured", evidence, remedy=remedy, statistics=statistics)
    evidence = (
        f"no counterexample in {DIRECTIONS} directions of theta (D differs from its mean over the data by at most "
    )
    evidence += f"{most:.2g} of what the reference does), which does not prove that there is none"
    return undecided("3", evidence, statistics=statistics)


def _under_measure(context: CheckContext, batches: Sequence[PenaltyBatch], reference: nn.Module | None) -> Finding:
    """Assumption 6c."""
    if context.point != "equilibrium":
        return undecided("6c", _NOT_YET)
    seen = [_steepness(context, batch, reference) for batch in batches]
    slopes = [slope for slope, _ in seen]
    statistics = {"slopes": slopes, "steepest": [where for _, where in seen]}
    if min(slopes) > WITNESS:
        evidence = (
            f"the root mean square of |grad D*| under mu is {min(slopes):.2g} of the reference's or more, on both "
        )
        evidence += "batches: the penalty is not zero here"
        remedy = "let mu stay where D* is flat (pd), or linearise where D* is constant wherever mu goes"
        return _finding("6c", "violated", "measured", evidence, remedy=remedy, statistics=statistics)
    evidence = (
        f"the root mean square of |grad D*| under mu is {max(slopes):.2g} of the reference's, at theta* and near it"
    )
    return undecided(
        "6c", f"{evidence}: that it is zero only structure can show, such as a zero last layer", statistics=statistics
    )


def _deviations(batch: PenaltyBatch, reference: nn.Module | None) -> list[float]:
    """For each step the largest ``|D(G(z)) - mean D(real)|`` over directions, relative to the reference's."""
    maker = GeneratorPlayer(batch.generator, chunk=len(batch.latent))
    rulers = Ruler(batch.critic), Ruler(reference)
    largest = []
    for step in STEPS:
        ratios = []
        for theta in _nearby(maker.vector, step, DIRECTIONS):
            with maker.placed(theta):
                fake, labels = maker.samples(batch.latent, batch.labels_of_fake), batch.labels_of_fake
            ratios.append(_ratio(*(ruler.spread(fake, labels, batch.real, batch.labels) for ruler in rulers)))
        largest.append(max(ratios))
    return largest


def _steepness(
    context: CheckContext, batch: PenaltyBatch, reference: nn.Module | None
) -> tuple[float, list[float] | None]:
    """Root mean square of ``|grad D|`` under mu at theta* and near it, relative to the reference's, and where."""
    game = FrozenGame.of(context, batch)
    psi, theta = game.point.psi, game.point.theta
    rulers = Ruler(batch.critic), Ruler(reference)
    worst: tuple[float, list[float] | None] = (0.0, None)
    for point in (game.point, game.at(psi, *_nearby(theta, STEPS[-1], 1))):
        if point.sample is None:
            return worst
        x, y = point.sample.points, point.sample.labels
        m = x.new_ones(len(x)) if point.weights is None else point.weights
        squares = [m * ruler.slopes(x, y).square() for ruler in rulers]
        steepest = x[squares[0].argmax()].flatten().tolist()
        ratio = _ratio(*(square.mean().sqrt().item() for square in squares))
        worst = max(worst, (ratio, steepest if len(steepest) <= 8 else None), key=lambda pair: pair[0])
    return worst


def _field(context: CheckContext, batch: PenaltyBatch, reference: nn.Module | None) -> float | None:
    """The norm of the game's field relative to that with the reference as critic; ``None`` without a reference."""
    if reference is None:
        return None
    norms = []
    for critic in (batch.critic, reference):
        psi, theta = FrozenGame.of(context, batch, critic=critic).point.field()
        norms.append(math.hypot(psi.norm().item(), theta.norm().item()))
    return 0.0 if norms[0] <= ROUNDOFF else _ratio(*norms)


def _nearby(theta: Tensor, step: float, n: int) -> Iterable[Tensor]:
    """``theta + step * max(|theta|, 1) * w`` for n fixed random unit vectors w."""
    rng = torch.Generator().manual_seed(1)
    noise = torch.randn(n, len(theta), generator=rng, dtype=torch.float64).to(theta)
    unit = nn.functional.normalize(noise, dim=1)
    return list(theta + step * max(theta.norm().item(), 1.0) * unit)


def _ratio(value: float, unit: float) -> float:
    """A value in units of another; 0 of nothing is 0, and anything else of nothing infinite."""
    if unit > 0:
        return value / unit
    return math.inf if value > 0 else 0.0


def _finding(
    assumption: str,
    verdict: Verdict,
    basis: Basis,
    evidence: str,
    *,
    remedy: str = "",
    statistics: Mapping[str, Any] = MappingProxyType({}),
) -> Finding:
    return Finding(
        assumption=assumption,
        verdict=verdict,
        basis=basis,
        evidence=evidence,
        statistics=statistics,
        remedy=remedy,
        source=_SOURCE.format(assumption),
    )

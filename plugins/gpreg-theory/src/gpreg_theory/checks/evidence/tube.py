"""How far a critic is from constant on a tube around points, relative to another critic."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gpreg_theory.networks.players import CriticPlayer, gradient

FLAT = 1e-3
"""A relative spread, slope or norm of the field up to this counts as 0."""

WITNESS = 0.1
"""A relative spread, slope or norm of the field above this is a counterexample; what lies between is undecided."""

TUBE = 0.1
"""Radius of the tube around the data, in units of the median distance of nearest neighbours."""


@dataclass(frozen=True, kw_only=True)
class Flatness:
    """How far a critic is from constant on a tube around data.

    Attributes:
        spread: ``sup |D - mean D|``, relative to the reference's.
        slope: the root mean square of ``|grad_x D|``, relative to the reference's.
        samples: the number of points in the tube.
        radius: the radius of the tube.
    """

    spread: float
    slope: float
    samples: int
    radius: float

    @property
    def flat(self) -> bool:
        """Whether spread and slope are at most :data:`FLAT`."""
        return self.spread <= FLAT and self.slope <= FLAT

    @property
    def missed(self) -> float:
        """The largest share of the tube that all samples miss with a probability of 1 %; D is not known there."""
        share: float = 1 - 0.01 ** (1 / self.samples)
        return share


def tube(points: Tensor, seed: int = 0) -> tuple[Tensor, float]:
    """Points of the tube, ``(2 N, *x)``, namely those given and one at distance eps from each; and eps.

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
    """Measures spread and slope of a critic; without one, of a critic with ``|grad D| = 1`` everywhere.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)``, in float64; it is copied. Or ``None``.
    """

    def __init__(self, critic: nn.Module | None) -> None:
        self.player = None if critic is None else CriticPlayer(critic, [], chunk=256)

    def spread(self, points: Tensor, labels: Tensor | None, about: Tensor, about_labels: Tensor | None) -> float:
        """``sup |D - m|`` over points ``(N, *x)``, m the mean of D over ``about``; ``sup |x - m|`` without a critic."""
        if self.player is None:
            distances = (points - about.mean(0)).flatten(1).norm(dim=1)
        else:
            mean = self.player.values(about, about_labels).mean()
            distances = (self.player.values(points, labels) - mean).abs()
        return float(distances.max())

    @torch.enable_grad()
    def slopes(self, points: Tensor, labels: Tensor | None) -> Tensor:
        """``(N,)``, ``|grad_x D|``; ones without a critic."""
        if self.player is None:
            return points.new_ones(len(points))
        player = self.player
        steps = (gradient(player.outputs(x, y).sum(), [x])[0] for x, y in player.leaves(points, labels))
        return torch.cat([step.flatten(1).norm(dim=1) for step in steps])


def flatness(critic: nn.Module, reference: nn.Module | None, points: Tensor, labels: Tensor | None = None) -> Flatness:
    """Measure spread and slope of D on the :func:`tube` around points, relative to the reference.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)``, in float64.
        reference: the critic that sets the scale; ``None``: one with ``|grad D| = 1`` everywhere.
        points: ``(N, *x)``, in float64.
        labels: ``(N,)``.
    """
    around, eps = tube(points)
    labels = None if labels is None else labels.repeat(2)
    rulers = Ruler(critic), Ruler(reference)
    spread = ratio(*(ruler.spread(around, labels, around, labels) for ruler in rulers))
    slope = ratio(*(ruler.slopes(around, labels).square().mean().sqrt().item() for ruler in rulers))
    return Flatness(spread=spread, slope=slope, samples=len(around), radius=eps)


def ratio(value: float, unit: float) -> float:
    """A value divided by a unit; with a unit of 0, 0 gives 0 and anything else infinity."""
    if unit > 0:
        return value / unit
    return math.inf if value > 0 else 0.0

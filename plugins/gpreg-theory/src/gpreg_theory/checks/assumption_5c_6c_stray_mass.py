"""Assumptions 5c and 6c of what the generator makes: does mass stay far from the data as theta tends to theta*?

A law may tend to p_d although its support does not come near: ``(1 - |theta|) p_d + |theta| delta_5`` leaves ever less
mass behind, but always at the same place. To see this, theta is moved away from theta* in ever smaller steps. The
farthest samples of a continuous generator come nearer in proportion to the step; mass that is left behind stays where
it is, while its share shrinks.
"""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor, nn

from gpreg.interfaces import CheckContext, PenaltyBatch
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, violated
from gpreg_theory.checks.evidence.draws import FEWEST, Points, cloud, flat, running
from gpreg_theory.checks.evidence.frozen import in_float64
from gpreg_theory.checks.evidence.neighbours import outside
from gpreg_theory.checks.evidence.tube import WITNESS, Ruler
from gpreg_theory.networks.players import GeneratorPlayer

STEPS = (0.3, 0.1, 0.03)
"""How far theta is moved, in units of its size (at least 1)."""

DIRECTIONS = 8
"""The number of random directions in which theta is moved, to either side."""

CODES = 4096
"""The number of codes, where more can be drawn: little mass is left behind, and few samples would miss it."""

BEYOND = 4.0
"""A point is far if its distance from the data exceeds this many times the radius of the data's effective support."""

STAYS = 0.5
"""Mass counts as left behind if its distance at the smallest step is at least this share of that at the largest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stray:
    """The part of mu that is far from the data when theta is moved along one line.

    Attributes:
        distance: ``(S,)``, that of the farthest point at each step; 0 where none is far.
        share: ``(S,)``, the share of points that are far.
        points: ``(k, d)``, the far points at the smallest step.
    """

    distance: Points
    share: Points
    points: Points

    @property
    def left_behind(self) -> bool:
        """Whether the far mass stays where it is while its share shrinks."""
        stays = self.distance[-1] > 0 and self.distance[-1] >= STAYS * self.distance[0]
        return bool(stays and len(self.points) > 1 and self.share[-1] <= STAYS * self.share[0])


def _follows_generator(case: Case) -> bool:
    """Whether the generator is known and trained, and the measure follows it."""
    batch = case.batch
    known = isinstance(batch.generator, nn.Module) and batch.latent is not None and len(batch.real) >= FEWEST
    trained = known and any(p.requires_grad for p in batch.generator.parameters())
    return trained and bool(case.measure.needs & {"fake", "generator"})


@deciding("5c", "6c", points=("equilibrium",), applies=_follows_generator)
def check(case: Case) -> Iterable[Said]:
    """Report a violation where mass is left behind on both batches; otherwise say nothing."""
    pair = case.pair if case.fresh is None else (case.fresh(CODES, 2), case.fresh(CODES, 3))
    both = [in_float64(own, limit=CODES) for own in pair]
    seen = [strays(case, *own) for own in (both, both[::-1])]
    if not all(seen):
        return
    lines = [i for i, pair in enumerate(zip(*seen, strict=True)) if all(own.left_behind for own in pair)]
    if not lines:
        return
    own = [run[lines[0]] for run in seen]
    statistics: dict[str, Any] = {
        "steps": STEPS,
        "distance": [one.distance.tolist() for one in own],
        "share": [one.share.tolist() for one in own],
    }
    evidence = (
        f"as theta comes nearer to theta*, by steps from {STEPS[0]:g} to {STEPS[-1]:g}, mu leaves mass behind: "
        f"{own[0].share[0]:.1%} and then {own[0].share[-1]:.1%} of its points are as far as {own[0].distance[0]:.3g} "
        f"and {own[0].distance[-1]:.3g} from the data, on both batches"
    )
    remedy = "let the generator move its samples, not their weights; or use pd"
    yield violated(evidence, remedy, statistics, of="5c")
    steep = min(_steepness(case, game, one.points) for game, one in zip(both, own, strict=True))
    if steep > WITNESS:
        evidence = f"{evidence}; there |grad D*| is {steep:.2g} of the reference's or more"
        yield violated(evidence, remedy, statistics, of="6c")


def strays(context: CheckContext, batch: PenaltyBatch, other: PenaltyBatch) -> list[Stray]:
    """The part of mu far from the data along each line through theta*, by the data of both batches.

    Args:
        context: the case that is checked.
        batch: in float64.
        other: an independent batch.
    """
    maker, measure = GeneratorPlayer(batch.generator, chunk=len(batch.latent)), copy.deepcopy(context.measure).double()
    data, held_out = flat(other.real), flat(batch.real)
    tree, theta, labels = cKDTree(data), maker.vector, batch.labels_of_fake

    def drawn() -> Points:
        with running("the generator"):
            fake = maker.samples(batch.latent, labels)
        return cloud(measure, replace(batch, fake=fake, generator=maker.network), 0).carried

    start = drawn()
    if not len(start):
        return []
    radius = BEYOND * outside(start, data, held_out).radius
    if (tree.query(start)[0] > radius).any():
        return []
    found = []
    for v in _lines(theta):
        distance, share, points = [], [], start[:0]
        for step in STEPS:
            with maker.placed(theta + step * v):
                own = drawn()
            away = tree.query(own)[0]
            points = own[away > radius]
            distance.append(float(away.max()) if len(points) else 0.0)
            share.append(len(points) / len(own))
        found.append(Stray(distance=np.array(distance), share=np.array(share), points=points))
    return found


def _lines(theta: Tensor) -> Iterator[Tensor]:
    rng = torch.Generator().manual_seed(2)
    size = max(theta.norm().item(), 1.0)
    for noise in torch.randn(DIRECTIONS, len(theta), generator=rng, dtype=torch.float64).to(theta):
        v = size * nn.functional.normalize(noise, dim=0)
        yield v
        yield -v


def _steepness(context: CheckContext, batch: PenaltyBatch, points: Points) -> float:
    """The largest ``|grad D*|`` at points, relative to the reference's."""
    if batch.labels is not None:
        return 0.0  # the classes of these points are not known
    x = torch.from_numpy(points).to(batch.real).view(-1, *batch.real.shape[1:])
    reference = context.reference
    doubled = in_float64(batch, critic=reference, limit=1).critic if isinstance(reference, nn.Module) else None
    own, unit = (float(Ruler(critic).slopes(x, None).max()) for critic in (batch.critic, doubled))
    return own / unit if unit else 0.0

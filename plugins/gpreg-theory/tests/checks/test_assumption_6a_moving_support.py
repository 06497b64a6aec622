import math
from dataclasses import replace
from typing import ClassVar

import pytest
import torch

from gpreg.interfaces import PenaltyMeasure, PenaltySample
from gpreg_theory.checks.assumption_6a_moving_support import check


class FromCritic(PenaltyMeasure):
    """Points and weights of whatever kind."""

    needs: ClassVar = frozenset({"real", "critic"})

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def sample(self, batch):
        return self.draw(batch.real, batch.critic.psi.detach().to(batch.real), batch.rng, batch.critic)


def uniform(like, rng):
    return 2 * torch.rand(like.shape, generator=rng, dtype=like.dtype) - 1


def rotated(x, psi, rng, _):
    """Uniform on the unit circle, whatever psi turns it by."""
    angle = 2 * math.pi * torch.rand(len(x), generator=rng, dtype=x.dtype) + psi[0]
    return PenaltySample(points=torch.stack([angle.cos(), angle.sin()], 1))


def weighted(weigh):
    def draw(x, psi, rng, critic):
        return PenaltySample(points=x, weights=weigh(critic(x).detach(), rng).to(x), at="real")

    return draw


MOVES = {
    "data, moved": lambda x, psi, rng, _: PenaltySample(points=x + psi),
    "a box, moved": lambda x, psi, rng, _: PenaltySample(points=uniform(x, rng) + psi),
    "where D is positive": weighted(lambda D, rng: D > 0),
    "smoothly, where D is positive": weighted(lambda D, rng: D.relu() ** 3),
}
STAYS = {
    "noise, moved": lambda x, psi, rng, _: PenaltySample(
        points=torch.randn(x.shape, generator=rng, dtype=x.dtype) + psi
    ),
    "a circle, turned": rotated,
    "positive weights": weighted(lambda D, rng: D.sigmoid()),
    "thinned out at random": weighted(lambda D, rng: torch.rand(len(D), generator=rng) < D.sigmoid()),
}


def square(n, rng):
    return 2 * torch.rand(n, 2, generator=rng) - 1


@pytest.mark.parametrize("psi", [(1.0, 0.5), (0.2, 0.1), (5.0, -4.0)])
@pytest.mark.parametrize("name", MOVES)
def test_a_support_that_moves_with_the_critic_violates_6a(constructions, verdicts, name, psi):
    data = constructions.ring if name == "data, moved" else square
    game = constructions.Game(data=data, critic=constructions.Linear(psi))
    assert verdicts(check, "6a", FromCritic(MOVES[name]), game, 5)["violated"] == 5


@pytest.mark.parametrize("psi", [(1.0, 0.5), (0.2, 0.1), (5.0, -4.0)])
@pytest.mark.parametrize("name", STAYS)
def test_one_that_only_seems_to_does_not(constructions, verdicts, name, psi):
    game = constructions.Game(data=square, critic=constructions.Linear(psi))
    assert verdicts(check, "6a", FromCritic(STAYS[name]), game, 5)["violated"] == 0


def test_larger_batches_are_drawn_where_they_can_be(constructions):
    game = constructions.Game(data=square, critic=constructions.Linear((1.0, 0.5)))
    context = game.context(FromCritic(MOVES["data, moved"]))
    context = replace(context, fresh=lambda n, seed: replace(game, n=n).batch(1000 + seed))
    assert [f.verdict for f in check(context) if f.assumption == "6a"] == ["violated"]

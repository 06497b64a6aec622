import pytest
import torch
from torch import nn

from gpreg.errors import UsageError
from gpreg_theory.checks.evidence.frozen import frozen_game, in_float64, kept


class Square(nn.Module):
    """D(x) = psi x^2."""

    def __init__(self):
        super().__init__()
        self.psi = nn.Parameter(torch.tensor([0.5]))

    def forward(self, x):
        return self.psi * x[:, 0] ** 2


class Scaled(nn.Module):
    """G(z) = theta z."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.ones(1))

    def forward(self, z):
        return self.theta * z


def uniform(n, rng):
    return 2 * torch.rand(n, 1, generator=rng) - 1


def test_the_field_is_lemma_2_wherever_the_players_are(played):
    context = played(Square(), Scaled(), real=uniform, latent=uniform, measure="pg", rho=1.5)
    game = frozen_game(context, context.batch)
    psi, theta = torch.tensor([0.3]).double(), torch.tensor([0.8]).double()
    x, z = (own.square().mean() for own in (game.real, game.latent))
    critic, generator = game.at(psi, theta).field()
    assert critic == pytest.approx(float(x - theta**2 * z - 4 * 1.5 * psi * theta**2 * z))  # mu = p_g moves along
    assert generator == pytest.approx(float(2 * psi * theta * z))


def test_nothing_of_the_context_moves(played):
    context = played(Square(), Scaled(), real=uniform, latent=uniform, measure="gp")
    state = context.batch.rng.get_state()
    frozen_game(context, context.batch).at(torch.zeros(1).double(), torch.zeros(1).double())
    assert context.batch.critic.psi.item() == 0.5
    assert context.batch.generator.theta.item() == 1.0
    assert torch.equal(context.batch.rng.get_state(), state)


def test_copies_are_in_float64_and_few(played):
    context = played(Square().float(), Scaled(), real=uniform, latent=uniform)
    own = in_float64(context.batch, limit=7)
    assert own.real.shape == own.latent.shape == (7, 1)
    assert own.critic.psi.dtype == torch.float64
    assert kept(torch.zeros(1, 3, 8, 8)) < kept(torch.zeros(1, 2))


def test_a_tensor_with_a_graph_cannot_be_copied(played):
    context = played(Square(), Scaled(), real=uniform, latent=uniform)
    context.batch.critic.cache = context.batch.critic.psi * 2
    with pytest.raises(UsageError, match="cannot be copied"):
        in_float64(context.batch)

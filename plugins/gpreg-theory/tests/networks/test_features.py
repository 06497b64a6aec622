import numpy as np
import pytest
import torch
from torch import nn

from gpreg.errors import UsageError
from gpreg.interfaces import PenaltySample
from gpreg_theory.networks import features as module
from gpreg_theory.networks.equilibrium import at_zero
from gpreg_theory.networks.features import Features, coverage, last_layer_game


class Bumps(nn.Module):
    """Local features exp(-|x - c_j|^2 / (2 w^2)) and a linear last layer."""

    def __init__(self, centres, width):
        super().__init__()
        self.register_buffer("centres", centres)
        self.width = width
        self.last = nn.Linear(len(centres), 1, bias=False, dtype=torch.float64)

    def forward(self, x):
        squares = (x[:, None] - self.centres).square().sum(2)
        return self.last(torch.exp(-squares / (2 * self.width**2)))


@pytest.fixture
def ring():
    """Eight centres, and an atom of the data beside each, where the bump has a slope."""
    angles = torch.arange(8, dtype=torch.float64) * torch.pi / 4
    centres = 2 * torch.stack([angles.cos(), angles.sin()], 1)
    return Bumps(centres, 0.3), centres * 1.1


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("inputs", [2, 9], ids=["fewer coordinates", "fewer features"])
def test_they_are_the_game_of_the_zeroed_critic(mlp, draw, loss_of, point_of, weighted, inputs):
    critic, generator = mlp(inputs, 7, 5, 1), mlp(3, 5, inputs, seed=1)
    weights = torch.tensor([0.5, 0.0, 2.0, 1.0, 3.0], dtype=torch.float64) if weighted else None
    given = {
        "real": draw(6, inputs, seed=2),
        "latent": draw(6, 3, seed=3),
        "sample": PenaltySample(points=draw(5, inputs, seed=4), weights=weights),
        "loss": loss_of("minimax"),
    }
    last = last_layer_game(critic, generator, **given, chunk=4)
    whole = point_of(critic=at_zero(critic, given["real"]), generator=generator, **given, chunk=100).dense()
    m = 6
    assert last.p == m
    np.testing.assert_allclose(last.Q, whole.Q[-m:, -m:], atol=1e-14)
    np.testing.assert_allclose(last.K, whole.K[-m:, -m:], atol=1e-14)
    np.testing.assert_allclose(last.R @ last.R.T, whole.R[-m:] @ whole.R[-m:].T, atol=1e-14)
    assert not whole.Q[:-m].any()
    assert not whole.R[:-m].any()


def test_a_basis_restricts(mlp, draw, loss_of):
    critic, generator = mlp(2, 7, 5, 1), mlp(3, 5, 2, seed=1)
    given = {
        "real": draw(6, 2, seed=2),
        "latent": draw(6, 3, seed=3),
        "sample": PenaltySample(points=draw(5, 2, seed=4)),
        "loss": loss_of("minimax"),
    }
    V = torch.linalg.qr(draw(6, 3, seed=5)).Q
    whole = last_layer_game(critic, generator, **given)
    part = last_layer_game(critic, generator, **given, basis=V)
    V = V.numpy()
    np.testing.assert_allclose(part.Q, V.T @ whole.Q @ V, atol=1e-14)
    np.testing.assert_allclose(part.K, V.T @ whole.K @ V, atol=1e-14)
    np.testing.assert_allclose(part.R @ part.R.T, V.T @ whole.R @ whole.R.T @ V, atol=1e-14)


def test_few_numbers_at_a_time(mlp, draw, monkeypatch):
    critic, points = mlp(2, 7, 5, 1), draw(9, 2, seed=0)
    whole = Features(critic, points).penalty_matrix(points)
    monkeypatch.setattr(module, "ELEMENTS", 30)
    np.testing.assert_allclose(Features(critic, points).penalty_matrix(points), whole, atol=1e-15)


def test_directions_span_what_the_data_sees(ring):
    critic, data = ring
    V = Features(critic, data).directions(data[:3], 3)
    assert V.shape == (8, 3)
    torch.testing.assert_close(V.T @ V, torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(V[3:], torch.zeros(5, 3, dtype=torch.float64), atol=1e-3, rtol=0)


def test_too_wide(mlp, draw, loss_of, monkeypatch):
    monkeypatch.setattr(module, "WIDEST", 4)
    with pytest.raises(UsageError, match="6 weights"):
        last_layer_game(
            mlp(2, 7, 5, 1),
            mlp(3, 5, 2),
            real=draw(6, 2, seed=0),
            latent=draw(6, 3, seed=1),
            sample=None,
            loss=loss_of("wasserstein"),
        )


class TestCoverage:
    def test_of_the_data_itself(self, ring):
        critic, data = ring
        features = Features(critic, data)
        Q = features.penalty_matrix(data)
        assert coverage(Q, Q).constant == pytest.approx(1.0)
        assert coverage(Q, Q).rank == 8
        twice = features.penalty_matrix(torch.cat([data, data]), torch.full((16,), 2.0))
        assert coverage(twice, Q).constant == pytest.approx(2.0)

    def test_midpoints_cover_at_least_one_nth(self, ring):
        critic, data = ring
        features = Features(critic, data)
        middle = ((data[:, None] + data) / 2).reshape(-1, 2)
        constant = coverage(features.penalty_matrix(middle), features.penalty_matrix(data)).constant
        assert 1 / 8 - 1e-9 <= constant <= 1

    def test_half_the_modes_leave_a_witness(self, ring):
        critic, data = ring
        features = Features(critic, data)
        Q_mu, Q_d = features.penalty_matrix(data[:4]), features.penalty_matrix(data)
        found = coverage(Q_mu, Q_d)
        assert found.constant < 1e-3
        v = found.witness
        assert v @ Q_mu @ v == pytest.approx(found.constant * (v @ Q_d @ v), abs=1e-12)
        assert np.linalg.norm(v[4:]) > 0.9

    def test_directions_that_data_does_not_see_do_not_count(self):
        found = coverage(np.diag([1.0, 0.0]), np.diag([1.0, 0.0]))
        assert (found.constant, found.rank) == (1.0, 1)

    def test_nothing_to_cover(self):
        found = coverage(np.eye(2), np.zeros((2, 2)))
        assert (found.constant, found.witness, found.rank) == (float("inf"), None, 0)

    def test_of_two_bases(self):
        with pytest.raises(UsageError, match="one basis"):
            coverage(np.eye(2), np.eye(3))

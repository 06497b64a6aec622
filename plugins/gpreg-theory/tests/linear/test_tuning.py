import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg_theory import LinearGame, best_rho, best_rho_and_step, ceiling, spectral_radius

DRIFT = 0.5**2 / (8 * 1.5**1.5)
"""(t - 1)^2 / (8 t^(3/2)) at t = 3/2: the mean with which E = 1/6 reaches the ceiling."""


def uniform(E):
    return LinearGame(Q=[[4 * E]], R=[[2 / 3]])


def two_modes(E, m=0.0):
    """D = psi1 x + psi2 x^2 against theta1 + theta2 z, z uniform on (-1, 1); E and m are moments of the measure."""
    return LinearGame(Q=[[1, 2 * m], [2 * m, 4 * E]], R=np.diag([1, 2 / 3]))


def anchored(A):
    """Second and first moment of a A + (1 - a) x, with a uniform on (0, 1) and x on (-1, 1)."""
    return A**2 / 3 + 1 / 9, A / 2


class Ring:
    """8 data points on a circle, each with two local critic features; the generator moves the points.

    D = sum psi_ik (x - c_i)_k exp(-|x - c_i|^2 / (2 w^2)).
    """

    def __init__(self, width):
        angles = np.arange(8) * np.pi / 4
        self.points = math.sqrt(2) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        self.width = width
        self.R = self.mixed(self.points).transpose(1, 0, 2).reshape(8, 16, 2).transpose(1, 0, 2).reshape(16, 16) / 8

    def mixed(self, x):
        """(16, n, 2), the derivative of D by psi and x."""
        away = x - self.points[:, None]
        local = np.exp(-(away**2).sum(2) / (2 * self.width**2))
        outer = away[:, :, :, None] * away[:, :, None, :]
        slopes = local[..., None, None] * (np.eye(2) - outer / self.width**2)
        return slopes.transpose(0, 2, 1, 3).reshape(16, len(x), 2)

    def game(self, x, weights):
        B = self.mixed(x)
        return LinearGame(Q=np.einsum("aij,bij,i->ab", B, B, weights), R=self.R)

    def measure(self, name):
        """Nodes and weights."""
        c, nodes = self.points, np.polynomial.legendre.leggauss(32)
        parts, weights = (nodes[0] + 1) / 2, nodes[1] / 2
        one, other = (side.reshape(-1, 2) for side in (np.repeat(c, 8, axis=0), np.tile(c, (8, 1))))
        if name == "pd":
            return c, np.full(8, 1 / 8)
        if name == "mid":
            return (one + other) / 2, np.full(64, 1 / 64)
        if name == "gp":
            x = np.concatenate([a * one + (1 - a) * other for a in parts])
            return x, np.repeat(weights, 64) / 64
        if name == "anchor":
            return np.concatenate([a * np.array([2.0, -1.0]) + (1 - a) * c for a in parts]), np.repeat(weights, 8) / 8
        return c[:4], np.full(4, 1 / 8)  # half of the modes


@pytest.mark.parametrize(("E", "rho"), [(1 / 3, 1.0), (2 / 9, 1.5), (1 / 6, 2.0), (4 / 9, 0.75)])
def test_uniform_gan(E, rho):
    best = best_rho(uniform(E))
    assert best.rho == pytest.approx(rho, abs=1e-6)
    assert best.rate == pytest.approx(2 / 3, abs=1e-6)
    assert best.ratios == pytest.approx([1.0], abs=1e-6)
    assert best.bracket == pytest.approx((rho / 10, rho * 10))
    assert best.rate > best.below > best.above  # steeper above: a square root


@pytest.mark.parametrize(
    ("E", "m", "rho", "rate"),
    [
        pytest.param(1 / 3, 0.0, 1.0327955589886444, 0.5163977794943222, id="pd"),
        pytest.param(2 / 9, 0.0, 1.5, 0.6667, id="gp"),
        pytest.param(1 / 6, 0.0, 2.0, 0.6667, id="mid"),
        pytest.param(*anchored(0), 2.405, 0.5345, id="anchor-0"),
        pytest.param(*anchored(0.5), 1.618, 0.339, id="anchor-0.5"),
        pytest.param(*anchored(1), 1.170, 0.200, id="anchor-1"),
        pytest.param(*anchored(2), 0.726, 0.103, id="anchor-2"),
        pytest.param(4 / 3, 0.0, 0.429, 0.214, id="box"),
        pytest.param(1 / 6, DRIFT, 1.9596, 0.8165, id="optimum"),
    ],
)
def test_two_modes(E, m, rho, rate):
    best = best_rho(two_modes(E, m))
    assert best.rho == pytest.approx(rho, abs=6e-4)
    assert best.rate == pytest.approx(rate, abs=6e-4)


def test_two_modes_exactly():
    best = best_rho(two_modes(1 / 3))
    assert best.rho == pytest.approx(1.0327955589886444, abs=1e-9)
    assert best.rate == pytest.approx(0.5163977794943222, abs=1e-9)


@pytest.mark.parametrize("E", [2 / 13, 0.2, 0.25])
def test_where_the_commuting_ceiling_is_reached(E):
    assert best_rho(two_modes(E)).rate == pytest.approx(ceiling(two_modes(E).R).commuting, abs=1e-6)
    for outside in (0.98 * 2 / 13, 1.02 * 0.25):
        assert best_rho(two_modes(outside)).rate < 0.66


@pytest.mark.parametrize(
    ("name", "at_two", "rho", "rate"),
    [
        ("pd", 0.101, 1.96, 0.114),
        ("gp", 0.044, 5.0, 0.110),
        ("mid", 0.0215, 7.0, 0.074),
        ("anchor", 0.0072, 7.85, 0.027),
    ],
)
def test_eight_ring(name, at_two, rho, rate):
    ring = Ring(0.3)
    assert np.linalg.svd(ring.R)[1][-1] == pytest.approx(0.121, abs=5e-4)
    game = ring.game(*ring.measure(name))
    assert game.at(2.0).rate == pytest.approx(at_two, rel=0.03)
    best = best_rho(game)
    assert best.rho == pytest.approx(rho, rel=0.02)
    assert best.rate == pytest.approx(rate, rel=0.02)


@pytest.mark.parametrize(("width", "rate"), [(0.3, 3.45e-5), (0.6, 1.19e-3)])
def test_half_of_the_modes_are_hardly_damped(width, rate):
    ring = Ring(width)
    game = ring.game(*ring.measure("half"))
    assert np.linalg.matrix_rank(game.Q) == 8
    assert not game.contained
    assert not game.positive_definite
    assert game.stable
    assert best_rho(game).rate == pytest.approx(rate, rel=0.01)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(0, 1))
def test_no_point_of_a_fine_grid_is_better(seed, flatness):
    rng = np.random.default_rng(seed)
    p, q = rng.integers(1, 4, 2)
    B = rng.normal(size=(p, p))
    game = LinearGame(
        Q=B.T @ B, R=rng.normal(size=(p, q)), K=np.eye(p), slope=0.5 + flatness, curvature=-0.5 * flatness
    )
    best = best_rho(game)
    rates = [game.at(rho).rate for rho in np.geomspace(best.rho / 30 or 1e-3, best.rho * 30 or 1e3, 60)]
    assert best.rate >= max(rates) * (1 - 1e-6)


def test_the_mass_of_the_measure_is_of_no_account():
    one, thousand = two_modes(1 / 3), LinearGame(Q=1000 * two_modes(1 / 3).Q, R=two_modes(1 / 3).R)
    assert best_rho(thousand).rho == pytest.approx(best_rho(one).rho / 1000)
    assert best_rho(thousand).rate == pytest.approx(best_rho(one).rate)


def test_the_curvature_of_the_loss_counts():
    game = LinearGame(Q=[[4 / 3]], R=[[2 / 3]], K=[[1 / 5]], slope=0.5, curvature=-0.25)
    assert best_rho(game).rho == pytest.approx((2 / 3 - 0.1) / (4 / 3), abs=1e-6)
    assert best_rho(game).rate == pytest.approx(1 / 3, abs=1e-6)


def test_curvature_that_damps_too_much_already():
    game = LinearGame(Q=[[1]], R=[[1]], K=[[20]], slope=0.5, curvature=-0.25)
    best = best_rho(game)
    assert best.rho == 0
    assert best.rate == pytest.approx(game.at(0).rate)
    assert "curvature" in best.because


def test_a_rate_that_rises_for_ever():
    # The penalty holds one critic direction ever more stiffly; the curvature damps the other, which is coupled.
    K = np.array([[2.0, -1.0], [-1.0, 1.0]])
    best = best_rho(LinearGame(Q=np.diag([1.0, 0.0]), R=[[0.0], [-1.0]], K=K, curvature=-0.5))
    assert best.rate == pytest.approx(0.5, rel=1e-4)
    assert best.bracket[0] < best.rho <= best.bracket[1]
    assert "to infinity" in best.because


def test_undamped_for_every_rho():
    best = best_rho(LinearGame(Q=np.diag([1, 0]), R=np.diag([1, 2])))
    assert (best.rho, best.rate) == (0.0, 0.0)
    assert "frequencies 2" in best.because
    assert "rho = 2, at the rate 1" in best.because


def test_many_undamped_modes_are_counted():
    because = best_rho(LinearGame(Q=np.diag([1.0] + [0.0] * 7), R=np.diag(np.arange(1.0, 9.0)))).because
    assert "frequencies 8, 7, 6, 5, 4 and 2 more" in because


def test_no_penalty():
    best = best_rho(LinearGame(Q=np.zeros((2, 2)), R=np.eye(2)))
    assert (best.rho, best.rate, best.bracket) == (0.0, 0.0, (0.0, 0.0))
    assert "Q = 0" in best.because


@pytest.mark.parametrize(("p", "q"), [(0, 0), (0, 2), (2, 0), (2, 2)])
def test_no_coupling(p, q):
    best = best_rho(LinearGame(Q=np.eye(p), R=np.zeros((p, q))))
    assert (best.rho, best.rate) == (0.0, math.inf)
    assert "no coupling" in best.because
    step = best_rho_and_step(LinearGame(Q=np.eye(p), R=np.zeros((p, q))))
    assert (step.rho, step.step, step.radius) == (0.0, math.inf, 0.0)


@pytest.mark.parametrize(
    ("scheme", "n", "rho"), [("simultaneous", 1, 0.5), ("alternating", 1, 0.25), ("alternating", 2, 0.25)]
)
def test_one_mode_lands_in_one_step(scheme, n, rho):
    best = best_rho_and_step(LinearGame(Q=[[2]], R=[[0.5]]), scheme=scheme, critic_steps=n, points=6)
    assert best.radius < 1e-3
    assert best.rho == pytest.approx(rho, rel=1e-3)
    assert best.step == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("scheme", ["simultaneous", "alternating"])
def test_best_step_of_two_modes(scheme):
    game = two_modes(1 / 3)
    best = best_rho_and_step(game, scheme=scheme, points=12)
    assert spectral_radius(game.at(best.rho), critic_rate=best.step, scheme=scheme) == pytest.approx(best.radius)
    grid = [
        spectral_radius(game.at(rho), critic_rate=h, scheme=scheme)
        for rho in np.geomspace(0.3, 4, 21)
        for h in np.linspace(0.1, 2.5, 21)
    ]
    assert best.radius <= min(grid)
    flow = game.at(best_rho(game).rho)
    assert best.radius < min(spectral_radius(flow, critic_rate=h, scheme=scheme) for h in np.linspace(0.1, 2.5, 21))


def test_no_step_shrinks_an_undamped_mode():
    best = best_rho_and_step(LinearGame(Q=np.diag([1, 0]), R=np.diag([1, 2])))
    assert (best.rho, best.step, best.radius) == (0.0, 0.0, 1.0)
    assert "undamped" in best.because


@pytest.mark.parametrize("search", [best_rho, best_rho_and_step])
def test_a_grid_needs_points(search):
    with pytest.raises(UsageError, match="at least 3"):
        search(uniform(1 / 3), points=2)

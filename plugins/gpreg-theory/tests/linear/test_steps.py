import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg_theory import (
    LinearGame,
    alternating_limit,
    generator_limit,
    largest_step,
    simultaneous_limit,
    spectral_radius,
    update_matrix,
)

SCHEMES = [("simultaneous", 1), ("alternating", 1), ("alternating", 2), ("alternating", 3), ("alternating", 5)]
SEEDS = st.integers(0, 10**6)
SIZES = st.floats(0.05, 20)


def random_game(seed):
    """Any null spaces and any curvature."""
    rng = np.random.default_rng(seed)
    p, q = rng.integers(1, 5, 2)
    B, K = rng.integers(-2, 3, (rng.integers(1, p + 1), p)), rng.integers(-1, 2, (1, p))
    return LinearGame(
        Q=B.T @ B, R=rng.integers(-2, 3, (p, q)), rho=float(rng.uniform(0.2, 3)), K=K.T @ K, slope=0.5, curvature=-0.25
    )


def converging(game, limit, part, scheme, critic_steps):
    h = part * limit.step
    return spectral_radius(
        game, critic_rate=h, generator_rate=limit.ratio * h, scheme=scheme, critic_steps=critic_steps
    )


@pytest.mark.parametrize(("scheme", "n"), SCHEMES)
def test_one_update_is_what_it_says(scheme, n):
    game = random_game(3)
    rng = np.random.default_rng(0)
    v, w = rng.normal(size=game.p), rng.normal(size=game.q)
    A, C = game.damping, game.coupling
    updated = v
    for _ in range(n):
        updated = updated - 0.1 * (A @ updated + C @ w)
    expected = np.r_[updated, w + 0.3 * C.T @ (v if scheme == "simultaneous" else updated)]
    step = update_matrix(game, critic_rate=0.1, generator_rate=0.3, scheme=scheme, critic_steps=n)
    assert step @ np.r_[v, w] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("a", "simultaneous", "alternating"), [(1, 1.0, 1.2360679774997898), (3, 0.7639320225002102, 0.6055512754639891)]
)
def test_limits_of_one_mode(a, simultaneous, alternating):
    game = LinearGame(Q=[[a]], R=[[1]])
    assert largest_step(game).step == pytest.approx(simultaneous, abs=1e-6)
    assert largest_step(game, scheme="alternating").step == pytest.approx(alternating, abs=1e-6)


@given(SIZES, SIZES)
def test_the_closed_forms_of_one_mode(a, b):
    game = LinearGame(Q=[[a]], R=[[b]])
    assert largest_step(game).step == pytest.approx(simultaneous_limit(a, b), rel=1e-6)
    assert largest_step(game, scheme="alternating").step == pytest.approx(alternating_limit(a, b), rel=1e-9)


@given(SIZES, SIZES, st.integers(1, 7), st.floats(0.05, 5))
def test_several_critic_steps_of_one_mode(a, b, n, ratio):
    h = largest_step(LinearGame(Q=[[a]], R=[[b]]), scheme="alternating", critic_steps=n, ratio=ratio).step
    if h < 2 / a * (1 - 1e-9):
        assert generator_limit(a, b, h, n) == pytest.approx(ratio * h, rel=1e-6)
    for part in (0.01, 0.1, 0.5, 0.9, 0.999):
        assert generator_limit(a, b, part * h, n) > ratio * part * h


@pytest.mark.parametrize(("scheme", "n"), SCHEMES)
@settings(max_examples=60)
@given(SEEDS, st.floats(0.1, 10))
def test_the_limit_separates_convergence_from_divergence(scheme, n, seed, ratio):
    game = random_game(seed)
    limit = largest_step(game, scheme=scheme, critic_steps=n, ratio=ratio)
    if not 0 < limit.step < math.inf:
        assert game.undamped if limit.step == 0 else not game.moving.size
        return
    assert limit.neutral == limit.step
    for part in (0.02, 0.2, 0.5, 0.8, 0.98, 0.999):
        assert converging(game, limit, part, scheme, n) < 1
    assert converging(game, limit, 1 + 1e-6, scheme, n) > 1 - 1e-9
    if n % 2:  # of even numbers convergence may return
        for part in (1.001, 1.02, 1.5, 3, 10):
            assert converging(game, limit, part, scheme, n) > 1


@pytest.mark.parametrize(("scheme", "n"), SCHEMES)
def test_simulated_steps_at_the_limit(scheme, n):
    game = LinearGame(Q=[[1, 0.3], [0.3, 4 / 3]], R=np.diag([1, 2 / 3]), rho=1.2)
    limit = largest_step(game, scheme=scheme, critic_steps=n, ratio=0.5)
    for part in (0.98, 1.02):
        h = part * limit.step
        step = update_matrix(game, critic_rate=h, generator_rate=h / 2, scheme=scheme, critic_steps=n)
        state, size = np.array([1.0, -0.5, 0.3, 0.7]), 1.0
        while 1e-6 < size < 1e6:
            state = step @ state
            size = np.linalg.norm(state)
        assert (size < 1) == (part < 1)


def test_the_simulated_rate_of_a_small_step_is_that_of_the_flow():
    game = LinearGame(Q=np.ones((2, 2)), R=np.diag([1.0, 2.0]))
    for scheme in ("simultaneous", "alternating"):
        radius = spectral_radius(game, critic_rate=1e-4, scheme=scheme)
        assert -math.log(radius) / 1e-4 == pytest.approx(game.rate, rel=0.01)


def test_convergence_may_return_for_an_even_number_of_critic_steps():
    game = LinearGame(Q=[[1]], R=[[1]])
    limit = largest_step(game, scheme="alternating", critic_steps=2, ratio=3.0)
    assert converging(game, limit, 1.02, "alternating", 2) > 1
    beyond = spectral_radius(game, critic_rate=1.9, generator_rate=5.7, scheme="alternating", critic_steps=2)
    assert limit.step < 1.9
    assert beyond < 1


def test_the_critic_alone_sets_the_limit_where_the_generator_is_slow():
    game = LinearGame(Q=np.diag([1.0, 4.0]), R=[[1.0], [0.0]])
    for n in (2, 3, 4):
        limit = largest_step(game, scheme="alternating", critic_steps=n, ratio=0.01)
        assert limit.step == pytest.approx(0.5)
        assert limit.mode is None
        assert "does not see" in limit.because


def test_undamped_modes():
    game = LinearGame(Q=np.diag([1.0, 0.0, 0.0]), R=np.diag([1.0, 2.0, 0.5]))
    simultaneous = largest_step(game)
    assert (simultaneous.step, simultaneous.neutral) == (0.0, 0.0)
    assert spectral_radius(game, critic_rate=0.1) == pytest.approx(math.hypot(1, 0.2))
    for n in (1, 2, 5):
        limit = largest_step(game, scheme="alternating", critic_steps=n, ratio=0.5)
        assert limit.step == 0
        assert {mode.frequency for mode in game.undamped} == {2.0, 0.5}
        for part, growth in ((0.98, False), (1.02, True)):
            h = part * limit.neutral
            radius = spectral_radius(game, critic_rate=h, generator_rate=h / 2, scheme="alternating", critic_steps=n)
            assert (radius > 1 + 1e-9) == growth
            assert radius > 1 - 1e-9
    assert "2 undamped" in limit.because


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_neutral_limit_without_a_penalty(n):
    limit = largest_step(LinearGame(Q=[[1]], R=[[2]], rho=0), scheme="alternating", critic_steps=n)
    assert limit.neutral == pytest.approx(2 / (2 * math.sqrt(n)))


@pytest.mark.parametrize(("p", "q"), [(0, 0), (0, 2), (2, 0), (2, 2)])
@pytest.mark.parametrize(("scheme", "n"), SCHEMES)
def test_where_nothing_moves_any_step_is_stable(p, q, scheme, n):
    game = LinearGame(Q=np.zeros((p, p)), R=np.zeros((p, q)))
    limit = largest_step(game, scheme=scheme, critic_steps=n)
    assert (limit.step, limit.neutral, limit.mode) == (math.inf, math.inf, None)
    assert spectral_radius(game, critic_rate=1.0, scheme=scheme, critic_steps=n) == 0


@pytest.mark.parametrize(("scheme", "n"), SCHEMES)
def test_a_critic_alone(scheme, n):
    game = LinearGame(Q=np.diag([3.0, 1.0]), R=np.zeros((2, 2)))
    assert largest_step(game, scheme=scheme, critic_steps=n).step == pytest.approx(2 / 3)


def test_the_limiting_mode_is_named():
    game = LinearGame(Q=np.diag([0.1, 5.0]), R=np.diag([1.0, 1.5]))
    slow = largest_step(game)
    assert slow.mode.frequency == pytest.approx(1.0)
    assert "spirals" in slow.because
    fast = largest_step(game, scheme="alternating")
    assert fast.mode.frequency == pytest.approx(1.5)
    assert "sign alternating" in fast.because
    assert largest_step(game, ratio=0.25).generator_step == pytest.approx(0.25 * largest_step(game, ratio=0.25).step)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scheme": "both"}, "no scheme"),
        ({"critic_steps": 2}, "not simultaneous"),
        ({"critic_steps": 0}, "at least 1"),
        ({"ratio": 0.0}, "positive"),
        ({"ratio": math.inf}, "positive"),
    ],
)
def test_bad_settings_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        largest_step(LinearGame(Q=[[1]], R=[[1]]), **arguments)


@pytest.mark.parametrize("rates", [{"critic_rate": 0.0}, {"critic_rate": 1.0, "generator_rate": math.nan}])
def test_bad_rates_are_refused(rates):
    with pytest.raises(UsageError, match="positive"):
        update_matrix(LinearGame(Q=[[1]], R=[[1]]), **rates)

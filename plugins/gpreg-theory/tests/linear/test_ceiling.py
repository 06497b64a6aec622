import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from gpreg.errors import UsageError
from gpreg_theory import LinearGame, best_rho, ceiling, commuting_damping, optimal_damping

SEEDS = st.integers(0, 10**6)


def rotated(seed, *sigma):
    rng = np.random.default_rng(seed)
    U, V = (linalg.qr(rng.normal(size=(len(sigma),) * 2))[0] for _ in range(2))
    return U @ np.diag(sigma) @ V


@given(SEEDS, st.integers(1, 4), st.integers(0, 2), st.floats(-1.5, 1.5))
def test_no_damping_exceeds_the_ceiling(seed, p, more, log_rho):
    rng = np.random.default_rng(seed)
    R, B = rng.normal(size=(p, p + more)), rng.normal(size=(p, p))
    assert LinearGame(Q=B.T @ B, R=R, rho=10**log_rho).rate <= ceiling(R).rate * (1 + 1e-6)


@settings(max_examples=15)
@given(SEEDS, st.integers(1, 3))
def test_tuned_games_stay_below_the_ceiling(seed, p):
    rng = np.random.default_rng(seed)
    R, B = rng.normal(size=(p, p)), rng.normal(size=(p, p))
    assert best_rho(LinearGame(Q=B.T @ B, R=R), points=20).rate <= ceiling(R).rate * (1 + 1e-4)


@given(SEEDS, st.integers(1, 4), st.integers(1, 4))
def test_the_commuting_optimum(seed, p, q):
    rng = np.random.default_rng(seed)
    R = rng.normal(size=(p, q))
    A = commuting_damping(R)
    assert pytest.approx(4 * R @ R.T) == A @ A
    rate = LinearGame(Q=A, R=R).rate
    assert rate == pytest.approx(ceiling(R).commuting, rel=1e-5)
    assert LinearGame(Q=A, R=R, rho=0.98).rate < rate > LinearGame(Q=A, R=R, rho=1.02).rate


@given(SEEDS, st.floats(0.1, 10), st.floats(1.0, 3 + 2 * math.sqrt(2)))
def test_two_modes_reach_the_ceiling(seed, sigma, t):
    R = rotated(seed, sigma * t, sigma)
    game = LinearGame(Q=optimal_damping(R), R=R)
    g = ceiling(R).rate
    assert g == pytest.approx(sigma * math.sqrt(t))
    assert np.poly(game.jacobian / g) == pytest.approx(np.poly([-1] * 4), abs=1e-9)  # eigenvalues: to the 4th root only
    assert ceiling(R).commuting == pytest.approx(sigma)


def test_above_the_largest_ratio_the_optimum_is_indefinite():
    edge = 3 + 2 * math.sqrt(2)
    assert linalg.eigvalsh(optimal_damping(np.diag([edge, 1])))[0] == pytest.approx(0, abs=1e-12)
    assert linalg.eigvalsh(optimal_damping(np.diag([0.99 * edge, 1])))[0] > 0
    with pytest.raises(UsageError, match="indefinite"):
        optimal_damping(np.diag([1.01 * edge, 1]))


@pytest.mark.parametrize("R", [[[1.0]], np.eye(3), np.zeros((2, 2)), np.diag([1, 0])])
def test_the_closed_form_is_for_two_modes(R):
    with pytest.raises(UsageError, match="2 modes"):
        optimal_damping(R)


@pytest.mark.parametrize("R", [np.ones((3, 1)), np.diag([1, 0]), np.ones((2, 2))])
def test_nothing_is_claimed_below_full_row_rank(R):
    found = ceiling(R)
    assert found.rate == math.inf
    assert found.commuting == pytest.approx(np.linalg.norm(R, 2))
    assert "rank 1 below" in found.because


@pytest.mark.parametrize("R", [np.zeros((2, 2)), np.zeros((0, 3)), np.zeros((3, 0))])
def test_without_coupling_nothing_bounds_the_rate(R):
    assert (ceiling(R).rate, ceiling(R).commuting) == (math.inf, math.inf)
    assert commuting_damping(R) == pytest.approx(np.zeros((len(R), len(R))))


def test_the_two_mode_game():
    found = ceiling(np.diag([1, 2 / 3]))
    assert found.rate == pytest.approx(math.sqrt(2 / 3))
    assert found.commuting == pytest.approx(2 / 3)


@pytest.mark.parametrize("R", [[1.0, 2.0], [[math.nan]]])
def test_bad_input_is_refused(R):
    with pytest.raises(UsageError, match="R "):
        ceiling(R)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg_theory import LinearGame, preconditioned, update_matrix


def random_game(seed, **settings):
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(3, 3))
    return LinearGame(Q=B.T @ B, R=rng.normal(size=(3, 2)), **settings)


def sorted_eigenvalues(matrix):
    return np.sort_complex(np.round(np.linalg.eigvals(matrix), 9))


@given(st.integers(0, 10**6), st.floats(0.1, 50))
def test_two_time_scales_are_another_rho(seed, kappa):
    game = random_game(seed, rho=0.7)
    scaled = preconditioned(game, np.sqrt(kappa), 1 / np.sqrt(kappa))
    other = game.at(0.7 * np.sqrt(kappa))
    assert scaled.jacobian == pytest.approx(other.jacobian)
    rates = np.repeat([np.sqrt(kappa), 1 / np.sqrt(kappa)], [3, 2])
    assert np.poly(rates[:, None] * game.jacobian) == pytest.approx(np.poly(other.jacobian), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("scheme", ["simultaneous", "alternating"])
def test_a_step_of_the_preconditioned_game(scheme):
    rng = np.random.default_rng(1)
    game = random_game(0, K=np.eye(3), slope=0.5, curvature=-0.25)
    P, P_prime, h = rng.uniform(0.5, 2, 3), rng.uniform(0.5, 2, 2), 0.1
    A, C = game.damping, game.coupling
    one, zero = np.eye(5), np.zeros((2, 3))
    critic = one.copy()
    critic[:3] -= h * P[:, None] * np.hstack([A, C])
    generator = h * P_prime[:, None] * np.hstack([C.T, np.zeros((2, 2))])
    if scheme == "simultaneous":
        step = critic + np.vstack([np.zeros((3, 5)), generator])
    else:
        step = (one + np.vstack([np.hstack([np.zeros((3, 3)), zero.T]), generator])) @ critic
    found = update_matrix(preconditioned(game, P, P_prime), critic_rate=h, scheme=scheme)
    assert sorted_eigenvalues(found) == pytest.approx(sorted_eigenvalues(step), abs=1e-8)


@pytest.mark.parametrize("rates", [0.0, -1.0, np.inf, np.nan, [1.0, 2.0], [1.0, 0.0, 1.0]])
def test_bad_rates_are_refused(rates):
    with pytest.raises(UsageError, match="critic's rates"):
        preconditioned(random_game(0), rates)

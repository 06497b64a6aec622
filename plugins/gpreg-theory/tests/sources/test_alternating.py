import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg_theory import FixedAltGD

rates = st.floats(0.01, 0.9)
vectors = st.lists(st.floats(-3, 3), min_size=2, max_size=2).map(np.array)


@given(rate=rates, norm=st.floats(0.1, 1.9), steps=st.integers(1, 5), theta=vectors, e=vectors)
def test_no_round_changes_the_invariant(rate, norm, steps, theta, e):
    game = FixedAltGD(learning_rate=rate, latent_norm=norm, critic_steps=steps)
    assert np.linalg.det(game.matrix) == pytest.approx(1, abs=1e-12)
    critic, error = game.rounds(theta, e, 30 if game.neutral else 3)
    values = game.invariant(critic, error)
    size = game.invariant(np.abs(critic), np.abs(error)).max()
    assert np.abs(values - values[0]).max() <= 1e-10 * max(size, 1e-300)


def test_a_round_is_what_the_two_players_do():
    alpha, steps = 0.3, 4
    x, z, theta_G = np.array([1.0, -2.0]), np.array([0.5, 1.5]), np.array([[0.2, 0.1], [-0.3, 0.4]])
    theta = e = np.array([0.4, 0.7])
    e = x - theta_G @ z
    game = FixedAltGD(learning_rate=alpha, latent_norm=float(np.linalg.norm(z)), critic_steps=steps)
    expected_theta, expected_e = game.rounds(theta, e, 1)
    for _ in range(steps):
        theta = theta + alpha * (x - theta_G @ z)
    theta_G = theta_G + alpha * np.outer(theta, z)  # the generator descends D(x) - D(theta_G z)
    assert theta == pytest.approx(expected_theta[1])
    assert x - theta_G @ z == pytest.approx(expected_e[1])


@pytest.mark.parametrize(("rate", "neutral"), [(1.99, True), (2.01, False)])
def test_it_turns_below_the_limit_and_flies_apart_above(rate, neutral):
    game = FixedAltGD(learning_rate=rate)
    assert game.neutral is neutral
    moduli = abs(np.linalg.eigvals(game.matrix))
    assert bool(moduli.max() <= 1 + 1e-12) is neutral
    if neutral:
        assert np.angle(np.linalg.eigvals(game.matrix)).max() == pytest.approx(game.angle)
    else:
        assert np.isnan(game.angle)


def test_the_error_comes_back():
    game = FixedAltGD(learning_rate=0.1)
    _, error = game.rounds([0.0], [1.0], 200)
    distance = abs(error[:, 0])
    assert distance.min() < 0.05
    assert distance[100:].max() > 0.99


@pytest.mark.parametrize("epsilon", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("steps", [1, 5])
def test_optimality_does_not_last(epsilon, steps):
    game = FixedAltGD(learning_rate=1e-3, latent_norm=1.3, critic_steps=steps)
    critic, error = game.rounds([0.6, -0.2], [1.0, 0.5], 20_000)
    optimal = (critic * error).sum(axis=1) >= epsilon
    changes = np.flatnonzero(np.diff(optimal.astype(int), prepend=0, append=0))
    starts, ends = changes[::2], changes[1::2]
    assert len(starts) > 1
    lasted = (ends - starts) * game.learning_rate
    bounds = [game.longest_optimality(error[start], epsilon) for start in starts]
    assert (lasted <= np.array(bounds) + 2 * game.learning_rate).all()


def test_points_that_circle_leave_the_critic_a_margin_of_the_order_of_the_rate():
    game = FixedAltGD(learning_rate=0.2, latent_norm=1.5, critic_steps=2)
    turn = np.exp(1j * game.angle) - 1
    theta, e = np.array([1.0, 0.0]), np.array([turn.real, turn.imag]) / game.critic_gain
    critic, error = game.rounds(theta, e, 50)
    margins = (critic[1:] * error[:-1]).sum(axis=1)
    assert margins == pytest.approx(np.full(50, game.learning_rate * game.latent_norm**2 / 2))


def test_the_steps_to_optimality_are_exact():
    game = FixedAltGD(learning_rate=0.1)
    theta, e, epsilon = np.array([-1.0, 0.3]), np.array([0.5, 0.2]), 0.4
    count = game.steps_to_optimality(theta, e, epsilon)
    assert (theta + count * 0.1 * e) @ e >= epsilon > (theta + (count - 1) * 0.1 * e) @ e
    assert game.steps_to_optimality(10 * e, e, epsilon) == 0
    assert game.steps_to_optimality(theta, 1e-3 * e, epsilon) > 1e6
    assert game.steps_to_optimality(theta, 0 * e, epsilon) == np.inf


@pytest.mark.parametrize("epsilon", [0.07, 0.14, 0.28, 0.56])
def test_a_whole_number_of_steps_is_not_one_more_by_rounding(epsilon):
    assert FixedAltGD(learning_rate=0.01).steps_to_optimality([0.0], [1.0], epsilon) == round(100 * epsilon)


@given(
    count=st.integers(1, 10**6),
    rate=st.decimals("0.00001", "10", places=5),
    e=st.decimals("-10", "10", places=3).filter(bool),
    start=st.decimals("-10", "10", places=3),
)
def test_the_steps_are_those_of_the_numbers_that_were_meant(count, rate, e, start):
    """In decimals, of which floats know no better than some 16 digits."""
    epsilon = start * e + count * rate * e * e
    assume(epsilon > 0)
    game = FixedAltGD(learning_rate=float(rate))
    assert game.steps_to_optimality([float(start)], [float(e)], float(epsilon)) == count
    short = epsilon + rate * e * e / 10
    assert game.steps_to_optimality([float(start)], [float(e)], float(short)) == count + 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: FixedAltGD(learning_rate=0.0),
        lambda: FixedAltGD(learning_rate=0.1, latent_norm=-1.0),
        lambda: FixedAltGD(learning_rate=0.1, critic_steps=0),
        lambda: FixedAltGD(learning_rate=0.1).longest_optimality([1.0], 0.0),
        lambda: FixedAltGD(learning_rate=0.1).rounds([1.0], [1.0, 2.0], 3),
        lambda: FixedAltGD(learning_rate=0.1).steps_to_optimality([1.0], [1.0, 2.0], 0.1),
        lambda: FixedAltGD(learning_rate=0.1).steps_to_optimality([np.nan], [1.0], 0.1),
    ],
)
def test_what_is_no_game_is_refused(call):
    with pytest.raises(UsageError, match="must"):
        call()

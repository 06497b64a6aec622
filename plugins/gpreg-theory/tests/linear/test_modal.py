import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize

from gpreg.errors import UsageError
from gpreg_theory import (
    LinearGame,
    alternating_converges,
    alternating_invariant,
    alternating_limit,
    best_generator_rate,
    euler_growth,
    generator_limit,
    simultaneous_converges,
    simultaneous_limit,
    spectral_radius,
    update_matrix,
)

SIZES = st.floats(0.05, 20)
RATES = st.floats(0.01, 5)
PARTS = st.floats(0.02, 3).filter(lambda part: abs(part - 1) > 1e-3)


def radius(a, b, **step):
    return spectral_radius(LinearGame(Q=[[a]], R=[[b]]), **step)


@pytest.mark.parametrize(
    ("a", "simultaneous", "alternating"), [(1, 1.0, 1.2360679774997898), (3, 0.7639320225002102, 0.6055512754639891)]
)
def test_limits(a, simultaneous, alternating):
    assert simultaneous_limit(a, 1) == pytest.approx(simultaneous, abs=1e-12)
    assert alternating_limit(a, 1) == pytest.approx(alternating, abs=1e-12)


@given(SIZES, SIZES, PARTS)
def test_simultaneous_limit(a, b, part):
    assert (radius(a, b, critic_rate=part * simultaneous_limit(a, b)) < 1) == (part < 1)


@given(SIZES, SIZES, PARTS)
def test_alternating_limit(a, b, part):
    assert (radius(a, b, critic_rate=part * alternating_limit(a, b), scheme="alternating") < 1) == (part < 1)


@given(SIZES, SIZES, RATES, RATES)
def test_two_rates_simultaneous(a, b, h_d, h_g):
    size = radius(a, b, critic_rate=h_d, generator_rate=h_g)
    assume(abs(size - 1) > 1e-6)
    assert simultaneous_converges(a, b, h_d, h_g) == (size < 1)


@given(SIZES, SIZES, RATES, RATES, st.integers(1, 7))
def test_two_rates_alternating(a, b, h_d, h_g, n):
    size = radius(a, b, critic_rate=h_d, generator_rate=h_g, scheme="alternating", critic_steps=n)
    assume(abs(size - 1) > 1e-6)
    assert alternating_converges(a, b, h_d, h_g, n) == (size < 1)
    if n == 1:
        assert alternating_converges(a, b, h_d, h_g) == (h_d * (2 * a + h_g * b**2) < 4)


@given(SIZES, SIZES, st.floats(0.05, 1.95), st.integers(1, 9), PARTS)
def test_generator_limit(a, b, share, n, part):
    h_d = share / a
    assume(1e-3 < abs((1 - share) ** n) < 1 - 1e-3)
    h_g = part * generator_limit(a, b, h_d, n)
    size = radius(a, b, critic_rate=h_d, generator_rate=h_g, scheme="alternating", critic_steps=n)
    assert (size < 1) == (part < 1)


@given(SIZES, SIZES, st.floats(0.05, 1.95), st.integers(1, 6))
def test_best_generator_rate(a, b, share, n):
    h_d = share / a
    h_g, best = best_generator_rate(a, b, h_d, n)
    assume(best > 1e-2)
    step = {"critic_rate": h_d, "scheme": "alternating", "critic_steps": n}
    assert radius(a, b, generator_rate=h_g, **step) == pytest.approx(best, abs=1e-6)
    for factor in (0.5, 0.9, 1.1, 2.0):
        assert radius(a, b, generator_rate=factor * h_g, **step) >= best - 1e-6


def test_a_critic_at_its_optimum():
    a, b = 0.8, 1.3
    assert generator_limit(a, b, 0.5, math.inf) == pytest.approx(2 * a / b**2)
    assert best_generator_rate(a, b, 0.5, math.inf) == pytest.approx((a / b**2, 0.0))
    for part in (0.98, 1.02):
        h_g = part * 2 * a / b**2
        size = radius(a, b, critic_rate=0.5, generator_rate=h_g, scheme="alternating", critic_steps=60)
        assert (size < 1) == (part < 1)


@pytest.mark.parametrize("steps", [1, 2, 5, math.inf])
def test_critic_steps_alone_never_damp(steps):
    assert generator_limit(0.0, 1.0, 0.3, steps) == 0.0
    with pytest.raises(UsageError, match="does not converge"):
        best_generator_rate(0.0, 1.0, 0.3, steps)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_alternating_steps_of_an_undamped_mode_are_neutral(n):
    for h in (0.01, 0.3, 0.8):
        size = radius(0.0, 1.0, critic_rate=h, generator_rate=h / n, scheme="alternating", critic_steps=n)
        assert size == pytest.approx(1.0, abs=1e-12)
    assert alternating_limit(0.0, 1.0) == 2.0
    assert radius(0.0, 1.0, critic_rate=2.01, scheme="alternating") > 1.1


@given(SIZES, SIZES)
def test_which_scheme_allows_larger_steps(a, b):
    assume(abs(a / (2 * b / math.sqrt(3)) - 1) > 1e-6)
    assert (alternating_limit(a, b) > simultaneous_limit(a, b)) == (a < 2 * b / math.sqrt(3))


@given(SIZES, st.floats(0.01, 0.9))
def test_critical_damping_of_steps(b, part):
    h = part / b
    assert radius(2 * b, b, critic_rate=h) == pytest.approx(1 - h * b, abs=1e-6)
    alternating = radius(2 * b - h * b**2, b, critic_rate=h, scheme="alternating")
    assert alternating == pytest.approx(1 - h * b, abs=1e-6)
    for a in (1.9 * b, 2.1 * b):
        assert radius(a, b, critic_rate=h) > 1 - h * b


def test_euler_grows():
    step = update_matrix(LinearGame(Q=[[1]], R=[[1]], rho=0), critic_rate=0.1)
    start = np.array([1.0, 0.5])
    grown = np.linalg.norm(np.linalg.matrix_power(step, 100) @ start) / np.linalg.norm(start)
    assert grown == pytest.approx(1.6446318218438827, abs=1e-12)
    assert euler_growth(1.0, 0.1) ** 100 == pytest.approx(grown, abs=1e-12)


@given(SIZES, st.floats(0.01, 1.9), st.floats(-2, 2), st.floats(-2, 2))
def test_alternating_steps_keep_their_invariant(b, part, psi, theta):
    h = part / b
    step = update_matrix(LinearGame(Q=[[1]], R=[[b]], rho=0), critic_rate=h, scheme="alternating")
    before = alternating_invariant(psi, theta, h, b)
    after = alternating_invariant(*(step @ [psi, theta]), h, b)
    assert after == pytest.approx(before, abs=1e-9)


def test_alternating_invariant():
    assert alternating_invariant(1.0, 0.5, 0.1) == pytest.approx(1.2)


def test_generator_time_of_two_time_scales():
    a, b = 0.4, 1.0

    def rate(kappa):  # of the generator's own time: the critic runs kappa times as fast
        return -np.linalg.eigvals([[-kappa * a, -kappa * b], [b, 0]]).real.max()

    best = optimize.minimize_scalar(lambda k: -rate(k), bounds=(1, 1000), method="bounded", options={"xatol": 1e-9})
    assert best.x == pytest.approx(4 * b**2 / a**2, rel=1e-5)
    assert -best.fun == pytest.approx(2 * b**2 / a, rel=1e-4)
    assert rate(1e7) == pytest.approx(b**2 / a, rel=1e-4)


@pytest.mark.parametrize(
    "call",
    [
        lambda: simultaneous_limit(-1, 1),
        lambda: alternating_limit(1, 0),
        lambda: simultaneous_converges(1, 1, 0, 1),
        lambda: alternating_converges(1, 1, 1, math.inf),
        lambda: generator_limit(1, 1, 0.5, 0),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(UsageError):
        call()

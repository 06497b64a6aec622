"""Further exact cases of the kinds O08 and O11 of golden.json: linear games at other values."""

import math

import numpy as np
import pytest
from scipy import linalg

import gpreg_theory as theory

R = np.diag([1.0, 2 / 3])


def game(a, b, rho=1.0):
    return theory.LinearGame(Q=[[a / rho]], R=[[b]], rho=rho)


@pytest.mark.parametrize(
    ("a", "b", "simultaneous", "alternating"),
    [
        (1.0, 2.0, 1 / 4, (math.sqrt(17) - 1) / 4),
        (2.0, 1.0, 2.0, 2 * math.sqrt(2) - 2),
        (5.0, 2.0, 1 / 2, (math.sqrt(41) - 5) / 4),
        (0.3, 0.5, 1.2, (math.sqrt(1.09) - 0.3) / 0.25),
        (0.0, 0.5, 0.0, 4.0),
    ],
)
def test_the_largest_steps_of_other_modes(a, b, simultaneous, alternating):
    assert theory.simultaneous_limit(a, b) == pytest.approx(simultaneous)
    assert theory.alternating_limit(a, b) == pytest.approx(alternating)
    for own in (game(a, b), game(a, b, rho=0.25)):
        assert theory.largest_step(own).step == pytest.approx(simultaneous)
        # Without damping no step converges; below this one nothing grows.
        assert theory.largest_step(own, scheme="alternating").neutral == pytest.approx(alternating)
        assert theory.largest_step(own, scheme="alternating").step == pytest.approx(alternating if a else 0)


def test_alternating_steps_may_be_larger_below_two_over_root_three():
    for a, larger in ((2 / math.sqrt(3) - 1e-6, True), (2 / math.sqrt(3) + 1e-6, False)):
        assert (theory.alternating_limit(a, 1.0) > theory.simultaneous_limit(a, 1.0)) is larger


@pytest.mark.parametrize(("a", "b", "h_d", "n"), [(1.0, 1.0, 0.5, 1), (1.0, 2.0, 0.3, 5), (2.0, 0.7, 0.9, 3)])
def test_several_critic_steps(a, b, h_d, n):
    s = (1 - h_d * a) ** n
    limit = 2 * a * (1 + s) / (b**2 * (1 - s))
    assert theory.generator_limit(a, b, h_d, n) == pytest.approx(limit)
    step = theory.update_matrix(game(a, b), critic_rate=h_d, generator_rate=0.1, scheme="alternating", critic_steps=n)
    assert linalg.det(step) == pytest.approx(s)
    for part, converges in ((0.999, True), (1.001, False)):
        rates = {"critic_rate": h_d, "generator_rate": part * limit, "scheme": "alternating", "critic_steps": n}
        assert (theory.spectral_radius(game(a, b), **rates) < 1) is converges
    if s > 0:
        rate, radius = theory.best_generator_rate(a, b, h_d, n)
        assert rate == pytest.approx(a * (1 - math.sqrt(s)) ** 2 / (b**2 * (1 - s)))
        assert radius == pytest.approx(math.sqrt(s))
    assert theory.generator_limit(a, b, h_d, math.inf) == pytest.approx(2 * a / b**2)
    assert theory.generator_limit(0.0, b, h_d, n) == 0


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (3.0, 1.0), (0.5, 2.0)])
def test_two_time_scales(a, b):
    h_d = 0.4 / (a + b)
    for h_g in (0.05, 0.3, 1.0, 3.0, 10.0):
        own = game(a, b)
        simultaneous = h_g < a / b**2 and h_d * (2 * a - h_g * b**2) < 4
        assert theory.simultaneous_converges(a, b, h_d, h_g) is simultaneous
        assert (theory.spectral_radius(own, critic_rate=h_d, generator_rate=h_g) < 1) is simultaneous
        alternating = h_d * (2 * a + h_g * b**2) < 4
        assert theory.alternating_converges(a, b, h_d, h_g) is alternating
        rates = {"critic_rate": h_d, "generator_rate": h_g, "scheme": "alternating"}
        assert (theory.spectral_radius(own, **rates) < 1) is alternating


@pytest.mark.parametrize("kappa", [0.25, 4.0, 16.0])
def test_two_time_scales_are_another_rho(kappa):
    own = theory.two_mode(measure="mid", rho=0.7).linear()
    scaled = theory.preconditioned(own, math.sqrt(kappa), 1 / math.sqrt(kappa))
    assert scaled.spectrum == pytest.approx(own.at(math.sqrt(kappa) * 0.7).spectrum)


TWO_MODES = [
    ("pd", None, 1.0328, 0.5164),
    ("pg", None, 1.0328, 0.5164),
    ("gp", None, 1.5, 0.6667),
    ("mid", None, 2.0, 0.6667),
    ("g-anc", 0.0, 2.405, 0.5345),
    ("g-anc", 0.5, 1.618, 0.339),
    ("g-anc", 1.0, 1.170, 0.200),
    ("g-anc", 2.0, 0.726, 0.103),
    ("box", 2.0, 0.429, 0.214),
]


@pytest.mark.parametrize(("measure", "at", "rho", "rate"), TWO_MODES)
def test_the_best_rho_of_each_measure_on_two_modes(measure, at, rho, rate):
    options = {"g-anc": {"point": [at]}, "box": {"low": -2.0, "high": 2.0}}.get(measure)
    own = theory.two_mode(measure=measure, measure_options=options).linear()
    m, E = {"pd": (0, 1 / 3), "pg": (0, 1 / 3), "gp": (0, 2 / 9), "mid": (0, 1 / 6), "box": (0, 4 / 3)}.get(
        measure, ((at or 0) / 2, (at or 0) ** 2 / 3 + 1 / 9)
    )
    assert np.abs(own.Q - [[1, 2 * m], [2 * m, 4 * E]]).max() < 1e-10
    best = theory.best_rho(own)
    assert best.rate == pytest.approx(rate, abs=6e-4)
    assert own.at(rho).rate == pytest.approx(best.rate, abs=2e-3)
    if measure in ("pd", "gp", "mid", "box"):
        assert best.rho == pytest.approx(rho, abs=6e-4)


@pytest.mark.parametrize("E", [1.0, 1 / 3])
def test_the_best_rho_of_two_commuting_modes_in_closed_form(E):
    # The first mode is under-, the second overdamped: rho/2 = r with r^2 - 4 E rho r + 4/9 = 0.
    rho = math.sqrt(4 / 9 / (2 * E - 1 / 4))
    best = theory.best_rho(theory.LinearGame(Q=np.diag([1, 4 * E]), R=R))
    assert (best.rho, best.rate) == pytest.approx((rho, rho / 2), abs=1e-6)


@pytest.mark.parametrize("E", [2 / 13, 0.2, 1 / 4])
def test_the_commuting_ceiling_is_reached_between_2_13_and_1_4(E):
    best = theory.best_rho(theory.LinearGame(Q=np.diag([1, 4 * E]), R=R))
    assert best.rate == pytest.approx(2 / 3, abs=1e-6)


@pytest.mark.parametrize("E", [0.14, 0.27])
def test_it_is_not_reached_beyond(E):
    assert theory.best_rho(theory.LinearGame(Q=np.diag([1, 4 * E]), R=R)).rate < 2 / 3 - 1e-3


@pytest.mark.parametrize("sigma", [(1.0, 2 / 3), (5.0, 1.0), (2.0, 2.0)])
def test_ceilings(sigma):
    coupling = np.diag(sigma)
    found, g = theory.ceiling(coupling), math.sqrt(sigma[0] * sigma[1])
    assert (found.rate, found.commuting) == pytest.approx((g, min(sigma)))
    best = theory.LinearGame(Q=theory.optimal_damping(coupling), R=coupling)
    assert best.rate == pytest.approx(g, abs=1e-3)  # a fourfold eigenvalue, known to the fourth root of the precision
    commuting = theory.LinearGame(Q=theory.commuting_damping(coupling), R=coupling)
    assert commuting.rate == pytest.approx(min(sigma), abs=1e-6)


def test_the_optimum_of_two_modes_is_midpoints_and_a_tiny_drift():
    t = 1.5
    m, rho = (t - 1) ** 2 / (8 * t**1.5), 4 * math.sqrt(2 / 3) * t / (1 + t)
    assert (m, rho) == pytest.approx((0.01701, 1.9596), abs=1e-4)
    Q = np.array([[1, 2 * m], [2 * m, 4 / 6]])
    assert rho * Q == pytest.approx(theory.optimal_damping(R), abs=1e-12)
    best = theory.best_rho(theory.LinearGame(Q=Q, R=R))
    assert best.rate == pytest.approx(math.sqrt(2 / 3), abs=2e-3)


def test_beyond_3_plus_2_root_2_no_penalty_reaches_the_ceiling():
    with pytest.raises(Exception, match="indefinite"):
        theory.optimal_damping(np.diag([5.9, 1.0]))


def test_a_penalty_that_misses_directions_may_be_stable_all_the_same():
    own = theory.LinearGame(Q=np.ones((2, 2)), R=np.diag([1.0, 2.0]), rho=1.0)
    expected = np.sort_complex(np.array([-0.754 + 0.911j, -0.754 - 0.911j, -0.246 + 1.673j, -0.246 - 1.673j]))
    assert np.abs(own.spectrum - expected).max() < 1e-3
    assert own.stable
    assert not own.contained
    assert not own.positive_definite
    # With equal frequencies every direction is a mode, and (1, -1) is not damped.
    equal = theory.LinearGame(Q=np.ones((2, 2)), R=3 * np.eye(2), rho=1.0)
    assert [mode.frequency for mode in equal.undamped] == pytest.approx([3])
    assert equal.rate == 0


def test_d_by_d_is_the_wrong_matrix():
    # Two atoms with local features, mu on the first: E[B B^T] = 1 is positive definite, Q is not.
    own = theory.LinearGame(Q=np.diag([1.0, 0.0]), R=np.eye(2) / 2, rho=1.0)
    assert [mode.frequency for mode in own.undamped] == pytest.approx([1 / 2])


@pytest.mark.parametrize(("slope", "curvature"), [(0.5, -0.25), (1.0, -1.0), (2.0, 0.0)])
def test_other_losses_add_their_curvature(slope, curvature):
    Q, K, coupling = np.diag([1.0, 0.0]), np.diag([0.0, 0.5]), np.array([[1.0, 0.2], [0.0, 1.0]])
    own = theory.LinearGame(Q=Q, R=coupling, K=K, rho=3.0, slope=slope, curvature=curvature)
    J = np.block([[-3 * Q + 2 * curvature * K, -slope * coupling], [slope * coupling.T, np.zeros((2, 2))]])
    assert own.jacobian == pytest.approx(J)
    assert own.spectrum == pytest.approx(np.sort_complex(linalg.eigvals(J)))


def test_what_is_singular_is_defined():
    nothing = theory.LinearGame(Q=np.eye(2), R=np.zeros((2, 1)))
    assert (nothing.rate, nothing.modes, theory.ceiling(nothing.R).commuting) == (1, (), math.inf)
    still = theory.LinearGame(Q=np.zeros((2, 2)), R=np.zeros((2, 1)))
    assert (still.rate, theory.largest_step(still).step, still.null_dimension) == (math.inf, math.inf, 3)
    free = theory.LinearGame(Q=np.eye(2), R=np.eye(2), rho=0.0)
    assert (free.rate, len(free.undamped), theory.largest_step(free).step) == (0, 2, 0)

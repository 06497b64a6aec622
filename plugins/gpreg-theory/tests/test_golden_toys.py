"""Further exact cases of the kinds O01 to O07, O09 and O10 of golden.json: toys at other values."""

import math

import numpy as np
import pytest
import torch
from scipy import optimize, special

import gpreg_theory as theory
from gpreg.interfaces import ConcaveF


def roots(trace, det):
    """Of ``x^2 - trace x + det``."""
    return np.sort_complex(np.roots([1, -trace, det]).astype(complex))


def close(values, expected, tol=1e-7):
    return np.abs(np.asarray(values) - expected).max() < tol


@pytest.mark.parametrize("rho", [0.3, 1.0, 3.0])
@pytest.mark.parametrize(
    ("measure", "M"),
    [
        ("mid", 1.0),
        ("pd+pg", 2.0),
        ("wgan", 0.0),
        (None, 0.0),
        (lambda psi, theta: 0.7 + psi + 3 * theta, 0.7),
        (lambda psi, theta: psi**2 + theta**2, 0.0),
        (lambda psi, theta: 1.5 * torch.exp(-(psi**2)), 1.5),
    ],
)
def test_only_the_mass_at_the_origin_counts_on_the_dirac_gan(measure, M, rho):
    system = theory.dirac(measure=measure, rho=rho)
    expected = roots(-rho * M, 1)
    assert close(system.linear().spectrum, expected)
    assert close(np.sort_complex(np.linalg.eigvals(system.jacobian())), expected)
    assert system.linear().stable is (M > 0)


SECOND_MOMENTS = [
    ("pd+pg", None, 2 / 3),
    ("g-anc", {"point": [0.0]}, 1 / 9),
    ("g-anc", {"point": [0.5]}, 0.25 / 3 + 1 / 9),
    ("g-anc", {"point": [-2.0]}, 4 / 3 + 1 / 9),
    ("box", {"low": -2.0, "high": 2.0}, 4 / 3),
    ("box", {"low": -0.5, "high": 0.5}, 1 / 12),
    ("dragan", {"noise": "gaussian", "scale": 0.5}, 1 / 3 + 0.25 / 3),
    ("dragan", {"noise": "gaussian", "scale": 2.0}, 1 / 3 + 4 / 3),
]


@pytest.mark.parametrize(("measure", "options", "E"), SECOND_MOMENTS)
def test_the_uniform_gan_with_other_measures(measure, options, E):
    choices = {"measure": measure, "measure_options": options, "form": "squared"}
    for rho in (0.25, 2.0):
        game = theory.uniform(**choices, rho=rho).linear()
        assert game.Q[0, 0] == pytest.approx(4 * E, abs=1e-10)
        assert close(game.spectrum, roots(-4 * rho * E, 4 / 9), 2e-7)
    best = theory.best_rho(game)
    assert best.rho == pytest.approx(1 / (3 * E), abs=1e-6)
    assert best.rate == pytest.approx(2 / 3, abs=1e-6)


def test_a_point_that_moves_with_the_critic_damps_at_third_order_only():
    system = theory.uniform(measure=theory.MovingPoint(), rho=1.0)
    assert close(system.linear().spectrum, [-2j / 3, 2j / 3])
    # psi' = (1 - theta^2)/3 - (rho/2) d/dpsi (4 psi^4), theta' = (2/3) psi theta
    assert close(system.field([0.4, 0.8]), [(1 - 0.64) / 3 - 8 * 0.4**3, 2 / 3 * 0.4 * 0.8], 1e-12)


@pytest.mark.parametrize(
    ("measure", "options", "at_zero"), [("pd", None, 1 / 3), ("gp", None, 1 / 9), ("mid", None, 1 / 12)]
)
def test_the_saddle_of_the_uniform_gan(measure, options, at_zero):
    system = theory.uniform(measure=measure, measure_options=options, rho=0.5)
    (saddle,) = [own for own in system.equilibria() if abs(own.point[1]) < 0.5]
    assert close(saddle.point, [1 / (12 * 0.5 * at_zero), 0], 1e-9)
    assert saddle.kind == "saddle"


RADII = [
    (lambda psi, theta: 1 - 2 * psi, 1 / 3),
    (lambda psi, theta: 1 + psi + theta, 2 / math.sqrt(13)),
    (lambda psi, theta: 1 + 0.5 * psi - 3 * theta, 2 / math.sqrt(9 / 4 + 36)),
    (lambda psi, theta: torch.exp(-4 * psi**2), 1 / 2),
    (lambda psi, theta: (1 + psi**2) ** -2, 1.0),
    (lambda psi, theta: (1 + psi**2) ** -5, 1 / 2),
    (lambda psi, theta: (1 + psi**2) ** -0.75, math.inf),
    (lambda psi, theta: theta**2 * torch.exp(-9 * psi**2), 1 / 3),
    (lambda psi, theta: theta**6 / (psi**2 + theta**2) ** 2, 0.0),
    (lambda psi, theta: 2.5, math.inf),
    (lambda psi, theta: 0.0, math.inf),
]


@pytest.mark.parametrize(("mass", "R"), RADII)
def test_radii_of_other_masses(mass, R):
    assert theory.basin_radius(mass) == pytest.approx(R, abs=1e-3)


@pytest.mark.parametrize(
    ("mass", "is_attracted"),
    [
        (lambda psi, theta: 2.5, True),
        (lambda psi, theta: psi**2 + theta**2, True),
        (lambda psi, theta: 0.0, False),
        (lambda psi, theta: theta**6 / (psi**2 + theta**2) ** 2, False),
    ],
)
def test_the_condition_of_lemma_1_is_not_enough(mass, is_attracted):
    assert theory.attracts(mass, theory.basin_radius(mass)) is is_attracted


@pytest.mark.parametrize("n", [2, 6, 7, 8, 12])
def test_the_averaged_rate_of_a_mass_that_vanishes_changes_its_sign_at_7(n):
    def mass(psi, theta):
        return theta ** (2 * n) / (psi**2 + theta**2) ** (n - 1)

    # 2 M + psi M_psi = 2 M (1 - (n - 1) psi^2 / r^2); E[cos^2k sin^2n] is a ratio of beta functions.
    means = [special.beta(k + 0.5, n + 0.5) / math.pi for k in (1, 2)]
    expected = -2.0 * 0.7**4 * 2 * (means[0] - (n - 1) * means[1])
    assert theory.averaged_rate(mass, 0.7, rho=2.0) == pytest.approx(expected, rel=1e-9, abs=1e-14)
    assert np.sign(round(expected, 12)) == np.sign(n - 7)


def level(k, psi):
    return 2 * psi / k - 2 / k**2 * math.log(abs(1 + k * psi))


@pytest.mark.parametrize(
    ("measure", "e", "rho", "z0"),
    [
        ("gp", 1 / 3, 0.375, (-0.5, 1.0)),
        ("gp", 1 / 3, 1.5, (0.3, -0.7)),
        ("gp", 1 / 3, 0.375, (-3.0, 1.0)),
        ("mid", 1 / 4, 1.0, (1.0, 1.0)),
        ("pg", 1.0, 0.25, (1.0, 2.0)),
    ],
)
def test_where_lemma_3_ends_from_elsewhere(measure, e, rho, z0):
    system = theory.degenerate(measure=measure, rho=rho)
    k, edge = 4 * rho * e, -1 / (4 * rho * e)
    target = level(k, z0[0]) + z0[1] ** 2 / 2
    bracket = (edge * (1 - 1e-12), -1e-12) if z0[0] > edge else (edge - 50, edge * (1 + 1e-12))
    b = optimize.brentq(lambda psi: level(k, psi) - target, *bracket)
    assert theory.level_of(system).limit(z0) == pytest.approx(b, abs=1e-7)
    late = theory.trajectory(system, z0, 3.0, rtol=1e-7, atol=1e-9).end
    assert system.conserved(late) == pytest.approx(target, abs=1e-5)


def test_lemma_3_without_a_penalty_where_the_data_is():
    system = theory.degenerate(measure="pd", rho=2.0)
    assert theory.level_of(system).limit([1.0, 1.0]) == pytest.approx(-math.sqrt(1.5))
    assert theory.degenerate(rho=0.375).field([-2.0, 1.0]) == pytest.approx([0, -4])


@pytest.mark.parametrize(("rho", "T", "z0"), [(1.0, 2.5, (0.0, 1.0)), (3.0, 1.5, (-0.5, 2.0)), (0.0, 7.0, (0.3, 0.4))])
def test_orbits_of_the_dirac_gan(rho, T, z0):
    slow, fast = roots(-rho, 1)
    # psi = theta', theta'' + rho theta' + theta = 0
    a, b = np.linalg.solve([[1, 1], [slow, fast]], [z0[1], z0[0]])
    theta = (a * np.exp(slow * T) + b * np.exp(fast * T)).real
    psi = (slow * a * np.exp(slow * T) + fast * b * np.exp(fast * T)).real
    orbit = theory.trajectory(theory.dirac(measure="gp", rho=rho), z0, T)
    assert close(orbit.end, [psi, theta], 1e-6)


@pytest.mark.parametrize(("h", "steps"), [(0.05, 40), (0.5, 10)])
def test_steps_without_a_penalty(h, steps):
    system, z0 = theory.dirac(), np.array([0.2, -1.0])
    euler, alternating, critics = z0, z0, z0
    for _ in range(steps):
        euler = system.update(euler, h)
        alternating = system.update(alternating, h, "alternating")
        critics = system.update(critics, h, "alternating", critic_steps=3)
    assert np.linalg.norm(euler) / np.linalg.norm(z0) == pytest.approx((1 + h**2) ** (steps / 2))
    expected = 0.04 + 1 + h * 0.2
    assert theory.alternating_invariant(*alternating, h) == pytest.approx(expected)
    # n critic steps: psi -= n h theta, theta += h psi, whose invariant is psi^2 + n theta^2 - n h psi theta.
    psi, theta = critics
    assert psi**2 + 3 * theta**2 - 3 * h * psi * theta == pytest.approx(0.04 + 3 + 3 * h * 0.2)


@pytest.mark.parametrize("rho", [0.5, 1.5])
def test_limit_cycles_of_the_one_centered_penalty(rho):
    omega = math.sqrt(1 - rho**2 / 4)
    amplitude = rho / math.tanh(math.pi * rho / (4 * omega))
    system = theory.dirac(measure="pd", form="one-centered", rho=rho)
    # Half a turn is an arc of a damped oscillation about theta = -+rho, which takes pi / omega.
    half = theory.trajectory(system, [0.0, amplitude], math.pi / omega, rtol=1e-6, atol=1e-8)
    assert close(half.end, [0, -amplitude], 1e-3)
    inside = theory.trajectory(system, [0.0, 0.9 * amplitude], math.pi / omega, rtol=1e-6, atol=1e-8)
    assert 0.9 * amplitude < -inside.end[1] < amplitude


def test_a_strong_one_centered_penalty_parks_at_a_wrong_generator():
    end = theory.limit(theory.dirac(measure="wgan-gp", rho=3.0), [0.5, 1.0], time=60.0, rtol=1e-6, atol=1e-8)
    assert end.state == pytest.approx([0, -3], abs=1e-2) or end.state == pytest.approx([0, 3], abs=1e-2)


def test_the_one_sided_penalty_damps_nothing_within_the_unit_circle():
    system = theory.dirac(measure="pd", form="one-sided", rho=2.0)
    assert close(system.linear().spectrum, [-1j, 1j])
    inside = theory.trajectory(system, [0.5, 0.6], 10.0, rtol=1e-7, atol=1e-9).z
    assert np.linalg.norm(inside, axis=1) == pytest.approx(math.hypot(0.5, 0.6), abs=1e-5)
    outside = np.linalg.norm(theory.trajectory(system, [2.0, 1.5], 40.0, rtol=1e-5, atol=1e-7).z, axis=1)
    assert (np.diff(outside) < 1e-6).all()
    assert 1 - 1e-4 < outside[-1] < 1.02


@pytest.mark.parametrize(("start", "radius"), [((0.02, 0.03), math.hypot(0.02, 0.03)), ((0.0, 1.0), 0.1)])
def test_clipping_ends_on_a_circle(start, radius):
    system = theory.dirac(measure="wgan", measure_options={"clip": 0.1})
    end = theory.trajectory(system, start, 80.0, rtol=1e-7, atol=1e-10).z[-200:]
    assert np.linalg.norm(end[-1]) == pytest.approx(radius, abs=1e-4)


@pytest.mark.parametrize(
    ("loss", "f1", "f2"),
    [
        ("least-squares", 1.0, -1.0),
        ("non-saturating", 0.5, -0.25),
        ("hinge", 1.0, 0.0),
        ("wasserstein", 1.0, 0.0),
        (ConcaveF(f=lambda t: 1 - torch.exp(-t), slope=1.0, curvature=-1.0), 1.0, -1.0),
    ],
)
@pytest.mark.parametrize(("rho", "measure", "E"), [(0.0, None, 0.0), (0.5, "mid", 1 / 6), (1.0, "gp", 2 / 9)])
def test_other_losses_on_the_uniform_gan(loss, f1, f2, rho, measure, E):
    system = theory.uniform(measure=measure, loss=loss, rho=rho)
    game = system.linear()
    expected = roots(2 * f2 / 5 - 4 * rho * E, (2 * f1 / 3) ** 2)
    assert close(game.spectrum, expected, 1e-6)
    assert close(np.sort_complex(np.linalg.eigvals(system.jacobian())), expected, 1e-6)


@pytest.mark.parametrize("noise", [0.5, 1.0])
@pytest.mark.parametrize(
    ("loss", "f1", "f2"), [("minimax", 0.5, -0.25), ("least-squares", 1.0, -1.0), ("wasserstein", 1.0, 0.0)]
)
def test_instance_noise_on_the_dirac_gan(loss, f1, f2, noise):
    game = theory.dirac(noise=noise, loss=loss).linear()
    assert close(game.spectrum, roots(2 * f2 * noise**2, f1**2), 1e-7)

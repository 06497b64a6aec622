import math

import numpy as np
import pytest
import torch

from gpreg.errors import UsageError
from gpreg_theory import (
    attracted,
    attracts,
    averaged_rate,
    basin_radius,
    dirac,
    mass_damping,
    trajectory,
    true_basin,
    two_mode,
    uniform,
)


def ratio(n):
    return lambda psi, theta: theta ** (2 * n) / (psi**2 + theta**2) ** (n - 1)


TABLE = {
    "1": (lambda psi, theta: 1.0, math.inf),
    "3": (lambda psi, theta: 3 + 0 * psi, math.inf),
    "psi^2 + theta^2": (lambda psi, theta: psi**2 + theta**2, math.inf),
    "1 + psi": (lambda psi, theta: 1 + psi, 2 / 3),
    "1 - 2 psi": (lambda psi, theta: 1 - 2 * psi, 1 / 3),
    "1 + psi/2 + 2 theta": (lambda psi, theta: 1 + psi / 2 + 2 * theta, 2 / math.sqrt(9 / 4 + 16)),
    "exp(-psi^2)": (lambda psi, theta: torch.exp(-(psi**2)), 1.0),
    "exp(-4 psi^2)": (lambda psi, theta: torch.exp(-4 * psi**2), 0.5),
    "(1 + psi^2)^-1": (lambda psi, theta: 1 / (1 + psi**2), math.inf),
    "(1 + psi^2)^-2": (lambda psi, theta: (1 + psi**2) ** -2.0, 1.0),
    "(1 + psi^2)^-5": (lambda psi, theta: (1 + psi**2) ** -5.0, 0.5),
    "theta^2 exp(-psi^2)": (lambda psi, theta: theta**2 * torch.exp(-(psi**2)), 1.0),
    "theta^6 / r^4": (ratio(3), 0.0),
    "0": (lambda psi, theta: 0 * psi, math.inf),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_radius_of_each_mass(name):
    mass, radius = TABLE[name]
    assert basin_radius(mass) == pytest.approx(radius, abs=1e-3)
    assert attracts(mass, radius) is (name not in {"0", "theta^6 / r^4"})


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e6, 1e15])
@pytest.mark.parametrize("name", ["1 + psi", "1 - 2 psi", "1 + psi/2 + 2 theta", "exp(-psi^2)", "(1 + psi^2)^-5"])
def test_the_search_has_no_scale(name, scale):
    mass, radius = TABLE[name]
    found = basin_radius(lambda psi, theta: mass(scale * psi, scale * theta), search=max(100, 10 / scale))
    assert found * scale == pytest.approx(radius, rel=1e-6)


def test_a_condition_that_fails_at_every_radius_has_none():
    assert [basin_radius(mass) for mass in (ratio(3), ratio(8), lambda psi, theta: 0 * psi - 1)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "damped"),
    [
        ("1 + psi", lambda psi, theta: 2 + 3 * psi),
        ("1 + psi/2 + 2 theta", lambda psi, theta: 2 + 1.5 * psi + 4 * theta),
        ("exp(-psi^2)", lambda psi, theta: 2 * np.exp(-(psi**2)) * (1 - psi**2)),
        ("(1 + psi^2)^-2", lambda psi, theta: 2 * (1 + psi**2) ** -3 * (1 - psi**2)),
        ("psi^2 + theta^2", lambda psi, theta: 4 * psi**2 + 2 * theta**2),
    ],
)
def test_the_damping_of_each_mass(name, damped):
    psi, theta = np.meshgrid(np.linspace(-2, 2, 9), np.linspace(-2, 2, 7))
    assert mass_damping(TABLE[name][0], psi, theta) == pytest.approx(damped(psi, theta), abs=1e-12)


def test_a_circle_that_nothing_damps_is_no_basin():
    def ringed(psi, theta):
        return torch.relu(psi**2 + theta**2 - 1) ** 2  # 0 inside the unit circle

    assert basin_radius(ringed) == math.inf
    assert not attracts(ringed, math.inf)


def test_the_averaged_rate_decides_where_the_mass_vanishes():
    assert averaged_rate(ratio(6), 0.5) < 0 < averaged_rate(ratio(8), 0.5)
    assert averaged_rate(ratio(7), 1.0) == pytest.approx(0, abs=1e-12)
    assert averaged_rate(lambda psi, theta: psi**2 + theta**2, 2.0, rho=0.5) == pytest.approx(-0.5 * 7 / 4 * 16)


@pytest.mark.parametrize(("name", "inner", "outer"), [("1 + psi", 0.853, math.inf), ("exp(-psi^2)", 1.201, 1.336)])
def test_the_true_basin_is_larger_than_the_estimate(name, inner, outer):
    mass, radius = TABLE[name]
    basin = true_basin(dirac(measure=mass, rho=1.0), rays=12, reach=1.6, time=30.0, tolerance=0.02)
    assert radius < basin.inner == pytest.approx(inner, abs=0.02)
    assert basin.outer == pytest.approx(outer, abs=0.02)


def test_the_boundary_is_a_cycle_that_attracts_in_reversed_time():
    system = dirac(measure=TABLE["(1 + psi^2)^-2"][0], rho=1.0)
    times = -np.linspace(0, 60, 1201)
    orbit = trajectory(system, [1.39, 0.0], -60.0, at=times, method="RK45", rtol=1e-5, atol=1e-7)
    radii = np.linalg.norm(orbit.z[-130:], axis=1)
    assert [radii.min(), radii.max()] == pytest.approx([1.390, 1.449], abs=5e-3)


def test_a_grid_for_pictures():
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 3), [-1.2, -0.5, 0.5, 1.2]), axis=-1)
    assert attracted(uniform(measure="pd", rho=1.0), grid).tolist() == [[False] * 3] * 2 + [[True] * 3] * 2
    mirrored = attracted(uniform(measure="pd", rho=1.0), grid, target=[0.0, -1.0])
    assert mirrored.tolist() == [[True] * 3] * 2 + [[False] * 3] * 2


def test_a_basin_needs_a_plane():
    with pytest.raises(UsageError, match="in the plane"):
        true_basin(two_mode(measure="pd"))


def test_a_mass_in_numpy_is_refused_with_the_remedy():
    with pytest.raises(UsageError, match=r"torch\.exp"):
        basin_radius(lambda psi, theta: np.exp(psi))

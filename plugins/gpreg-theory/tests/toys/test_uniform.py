import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg_theory import MovingPoint, limit, trajectory, uniform

MORE = {
    "pd+pg": ({}, 2 / 3),
    "box": ({"low": "-2", "high": "2"}, 4 / 3),
    "mixture": ({"parts": "pd,mid", "weights": "1,0.5"}, 1 / 3 + 1 / 12),
    "js": ({}, 1 / 6),
    "wgan": ({}, 0.0),
}


@pytest.mark.parametrize("name", MORE)
def test_further_second_moments(name):
    options, moment = MORE[name]
    assert uniform(measure=name, measure_options=options).linear().Q[0, 0] / 4 == pytest.approx(moment, abs=1e-10)


@given(st.floats(-1.5, 1.5), st.floats(0.2, 2), st.sampled_from(["pd", "gp", "mid"]), st.floats(0, 2))
def test_the_energy_falls_as_its_formula_says(psi, theta, measure, rho):
    system = uniform(measure=measure, rho=rho)
    moment = {"pd": 1 / 3, "gp": (1 + theta**2) / 9, "mid": (1 + theta**2) / 12}[measure]
    slope = np.array([2 * psi, theta - 1 / theta])
    assert slope @ system.field([psi, theta]) == pytest.approx(-8 * rho * psi**2 * moment, abs=1e-9)
    assert system.energy.derivative == ("-8 rho psi^2 E_mu[x^2]" if rho else "0")


def test_the_energy_is_conserved_without_a_penalty():
    system = uniform()
    orbit = trajectory(system, [0.4, 0.7], 10.0)
    assert np.ptp(system.conserved(orbit.z)) < 1e-7
    assert uniform(measure="pd").conserved is None
    assert uniform(measure="js").energy is None


@pytest.mark.parametrize(("measure", "moment_at_0"), [("pd", 1 / 3), ("gp", 1 / 9), ("mid", 1 / 12), ("pg", 0)])
def test_the_saddle_between_the_two_half_planes(measure, moment_at_0):
    rho = 0.8
    points = uniform(measure=measure, rho=rho).equilibria()
    assert [point.kind for point in points[:2]] == ["stable focus"] * 2
    saddles = [point for point in points if point.kind == "saddle"]
    expected = [[1 / (12 * rho * moment_at_0), 0]] if moment_at_0 else []
    assert [point.point.tolist() for point in saddles] == [pytest.approx(point, abs=1e-9) for point in expected]


@pytest.mark.parametrize("z0", [(2.0, 0.05), (1.0, -2.0)])
def test_each_half_plane_is_attracted(z0):
    end = limit(uniform(measure="pd", rho=1.0), z0, rtol=1e-7, atol=1e-9)
    assert end.kind == "point"
    assert end.state == pytest.approx([0, np.sign(z0[1])], abs=1e-5)


def test_a_point_mass_at_psi_does_not_damp_linearly():
    system = uniform(measure=MovingPoint(), rho=1.0)
    assert system.equilibria()[0].kind == "centre"
    assert system.linear().undamped
    z = np.array([0.3, 0.8])  # h = 4 psi^4, so that psi' has -8 rho psi^3
    assert system.field(z)[0] == pytest.approx((1 - 0.64) / 3 - 8 * 0.3**3)
    slope = np.array([0.6, 0.8 - 1 / 0.8])
    assert slope @ system.field(z) == pytest.approx(-16 * 0.3**4)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg_theory import degenerate, level_of, limit, trajectory
from gpreg_theory.toys.degenerate import Level


def test_the_limit_by_the_level_is_exact(golden):
    given, expected = golden["O05"]["input"], golden["O05"]["expected"]
    assert level_of(degenerate(rho=given["rho"])).limit(given["z0"]) == pytest.approx(expected["b"], abs=1e-9)


@given(st.floats(-3, 3), st.floats(-2, 2), st.floats(0, 1))
def test_the_field(psi, theta, rho):
    expected = [-(theta**2) * (1 + 4 * rho / 3 * psi), 2 * psi * theta]
    assert degenerate(rho=rho).field([psi, theta]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("measure", "e"), [("gp", 1 / 3), ("pg", 1), ("mid", 1 / 4), ("pd", 0)])
def test_the_level_is_conserved(measure, e):
    system = degenerate(measure=measure, rho=0.375)
    assert level_of(system).k == pytest.approx(4 * 0.375 * e, abs=1e-12)
    orbit = trajectory(system, [1.0, 1.0], 5.0)
    assert np.ptp(system.conserved(orbit.z)) < 1e-7


@given(st.floats(-6, 3), st.floats(0.01, 3))
def test_the_limit_lies_on_the_level(psi, theta):
    level = Level(0.5)
    b = level.limit((psi, theta))
    assert b <= 0
    assert (b < -2) == (psi < -2)
    if b not in (0, -2):
        steep = abs(2 * b / (1 + 0.5 * b))
        assert float(level(np.array([b, 0.0]))) == pytest.approx(
            float(level(np.array([psi, theta]))), abs=1e-8 + 1e-14 * steep
        )


@pytest.mark.parametrize(
    ("z0", "region"), [((-3, 1), "A"), ((-1, 1), "B"), ((1, 1), "C"), ((-2, 1), "nullcline"), ((1, 0), "axis")]
)
def test_regions(z0, region):
    system = degenerate(rho=0.375)
    level = level_of(system)
    assert level.region(z0) == region
    end = limit(system, z0, rtol=1e-7, atol=1e-9)
    assert end.state == pytest.approx([level.limit(z0), 0], abs=1e-5)
    if region == "A":
        assert z0[0] < end.state[0] < -2


def test_every_point_of_the_axis_stands_still():
    system = degenerate(rho=0.375)
    axis = np.stack([np.linspace(-3, 3, 7), np.zeros(7)], axis=1)
    assert not system.field(axis).any()
    assert all(point.kind == "degenerate" for point in system.equilibria())
    transverse = [sorted(point.spectrum.real.tolist()) for point in system.equilibria()[1:]]
    assert transverse == [pytest.approx([-2, 0], abs=1e-9), pytest.approx([0, 2], abs=1e-9)]
    assert not system.linear().modes


def test_others_have_no_level():
    for system in (degenerate(measure="box"), degenerate(loss="minimax"), degenerate(form="one-sided")):
        assert system.conserved is None
        with pytest.raises(UsageError, match="has levels"):
            level_of(system)

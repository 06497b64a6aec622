import numpy as np
import pytest
from scipy import linalg

from gpreg.errors import GpregError
from gpreg_theory import decay_rate, dirac, trajectory, two_mode, uniform


@pytest.mark.parametrize(
    ("build", "measure", "rho"),
    [
        (dirac, "pd", 0.7),
        (dirac, "pd", 3.0),
        (uniform, "mid", 1.3),
        (uniform, "gp", 2.5),
        (uniform, "js", 0.5),
        (two_mode, "pd", 0.6),
        (two_mode, "mid", 1.5),
    ],
)
def test_orbits_decay_at_the_predicted_rate(build, measure, rho):
    system = build(measure=measure, rho=rho)
    assert decay_rate(system) == pytest.approx(system.linear().rate, rel=0.01)


def test_a_loss_can_damp_as_well():
    system = uniform(loss="minimax")
    assert decay_rate(system) == pytest.approx(0.05, rel=0.01)


@pytest.mark.parametrize("method", ["RK45", "DOP853", "Radau"])
def test_a_linear_orbit(method):
    system = dirac(measure="pd", rho=1.0)
    times = np.linspace(0, 3, 4)
    orbit = trajectory(system, [1.0, -0.5], 3.0, at=times, method=method, rtol=1e-6, atol=1e-9)
    expected = [linalg.expm(t * system.jacobian()) @ [1.0, -0.5] for t in times]
    assert orbit.t.tolist() == times.tolist()
    assert orbit.z == pytest.approx(np.array(expected), abs=1e-5)
    assert orbit.end == pytest.approx(orbit.z[-1])


def test_backwards_and_forwards():
    system = uniform(measure="pd", rho=0.5)
    there = trajectory(system, [0.3, 0.8], -1.5).end
    assert trajectory(system, there, 1.5).end == pytest.approx([0.3, 0.8], abs=1e-7)


def test_a_solution_that_explodes_says_so():
    system = dirac(measure=lambda psi, theta: -(psi**2), rho=1.0)
    with pytest.raises(GpregError, match="could not be followed"):
        trajectory(system, [3.0, 0.0], 10.0, method="RK45", rtol=1e-4)

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg.interfaces import ConcaveF
from gpreg_theory import Mass, MovingPoint, dirac, trajectory

COORDINATE = st.floats(-2, 2)
LOGISTIC = ConcaveF(f=torch.nn.functional.logsigmoid, slope=0.5, curvature=-0.25)


def test_o01(golden):
    case = golden["O01"]
    expected, tolerance = case["expected"], case["tol"]
    for measure in (
        "pd",
        lambda psi, theta: 1.0,
        MovingPoint(),
        Mass(lambda psi, theta: 1 + psi * theta, torch.ones(2)),
    ):
        system = dirac(measure=measure, rho=1.0)
        for matrix in (system.jacobian(), system.linear().jacobian):
            assert matrix == pytest.approx(np.array(expected["J"], dtype=float), abs=tolerance)
        spectrum = np.sort_complex(np.array(expected["eig_re"]) + 1j * np.array(expected["eig_im"]))
        assert np.abs(system.equilibria()[0].spectrum - spectrum).max() < tolerance
        assert system.equilibria()[0].kind == "stable focus"


@given(COORDINATE, COORDINATE, st.floats(0, 3), st.floats(-1, 1), st.floats(-1, 1))
def test_the_field_of_any_mass(psi, theta, rho, a, b):
    system = dirac(measure=lambda psi, theta: torch.exp(a * psi) + b * psi * theta**2, rho=rho)
    mass, slope = math.exp(a * psi) + b * psi * theta**2, a * math.exp(a * psi) + b * theta**2
    expected = [-theta - rho * psi * mass - rho / 2 * psi**2 * slope, psi]
    assert system.field([psi, theta]) == pytest.approx(expected, abs=1e-9)
    growth = 2 * np.dot([psi, theta], system.field([psi, theta]))
    assert growth == pytest.approx(-rho * psi**2 * (2 * mass + psi * slope), abs=1e-8)


@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "least-squares", LOGISTIC, "hinge", "wasserstein"])
@pytest.mark.parametrize("noise", [0.5, 1.5])
def test_instance_noise(loss, noise):
    system = dirac(noise=noise, loss=loss, rho=0.0)
    slope, curvature = system.loss.concave.slope, system.loss.concave.curvature
    pulled, turn = curvature * noise**2, complex(curvature**2 * noise**4 - slope**2) ** 0.5
    expected = np.sort_complex(np.array([pulled - turn, pulled + turn]))
    assert np.abs(system.linear().spectrum - expected).max() < 1e-8
    assert np.abs(system.equilibria()[0].spectrum - expected).max() < 1e-6


def test_noise_does_nothing_for_the_wasserstein_loss():
    z = np.array([[0.3, -0.8], [1.0, 2.0]])
    assert dirac(noise=0.7).field(z) == pytest.approx(dirac().field(z))
    assert dirac(noise=0.7).conserved is not None


def test_slow_algebraic_decay_where_the_mass_vanishes():
    system = dirac(measure=lambda psi, theta: psi**2 + theta**2, rho=1.0)
    assert system.equilibria()[0].kind == "centre"
    end = trajectory(system, [1.0, 0.0], 60.0, rtol=1e-6, atol=1e-8).end
    assert end @ end == pytest.approx(1 / (1 + 1.75 * 60), rel=0.02)

import numpy as np
import pytest

from gpreg_theory import decay_rate, mass_transfer

NAME = "mass transfer: pd=(d_-1+d_1)/2, p_theta=(1/2+th)d_1+(1/2-th)d_-1, D=psi sin(pi x/2), rho=1"


def test_o15(golden):
    expected = golden["O15"]["expected"][NAME]
    games = {name: mass_transfer(measure=name, rho=1.0).linear() for name in ("pd", "pg", "mid", "gp")}
    for name in ("pd", "pg"):
        assert np.abs(games[name].spectrum - [-2j, 2j]).max() < 1e-9
        assert not games[name].stable
    assert games["mid"].Q[0, 0] == pytest.approx(expected["mid_Q"], abs=1e-12)
    assert games["gp"].Q[0, 0] == pytest.approx(expected["gp_Q"], abs=1e-12)
    assert games["mid"].stable is expected["mid_stable"]
    assert games["gp"].stable is expected["gp_stable"]


def test_the_field_moves_mass():
    system = mass_transfer()
    assert system.field([0.3, 0.2]) == pytest.approx([-0.4, 0.6])
    assert system.equilibria()[0].kind == "centre"


def test_the_measure_is_that_of_the_masses_at_hand():
    psi, theta, rho = 0.3, 0.2, 1.0
    linked = 0.5 * (0.5 + theta) + 0.5 * (0.5 - theta)  # midpoints at 0; the others have no slope
    expected = -2 * theta - rho * psi * linked * np.pi**2 / 4
    assert mass_transfer(measure="mid", rho=rho).field([psi, theta])[0] == pytest.approx(expected)


@pytest.mark.parametrize("measure", ["mid", "gp"])
def test_it_decays_as_predicted(measure):
    system = mass_transfer(measure=measure)
    assert decay_rate(system) == pytest.approx(system.linear().rate, rel=0.01)

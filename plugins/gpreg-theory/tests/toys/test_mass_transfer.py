import numpy as np
import pytest

from gpreg_theory import decay_rate, mass_transfer


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

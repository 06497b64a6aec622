import numpy as np
import pytest
import torch

from gpreg_theory.checks.assumption_6a_weak_derivative import FREQUENCIES, check, response


def decaying(psi):
    return torch.exp(-psi * psi)


@pytest.mark.parametrize("psi", [(0.0, 0.0), (0.7, 0.2)])
def test_a_mass_that_decays_smoothly_is_weakly_differentiable(constructions, verdicts, psi):
    game = constructions.Game(critic=constructions.Linear(psi))
    found = verdicts(check, "6a", constructions.Weighted(decaying), game)
    assert found["violated"] == 0
    assert found["holds"] >= 18


def test_a_dirac_measure_that_moves_is_not(constructions, verdicts):
    assert verdicts(check, "6a", constructions.Moving(), constructions.Game())["violated"] == 20


def test_moved_noise_is_no_false_alarm(constructions, verdicts):
    assert verdicts(check, "6a", constructions.Noisy(), constructions.Game()) == {
        "holds": 0,
        "violated": 0,
        "undecided": 20,
    }


def test_a_kink_of_the_mass_is_not_called_smooth(constructions, verdicts):
    assert verdicts(check, "6a", constructions.Weighted(torch.abs), constructions.Game(), 5)["holds"] == 0


def test_response_of_a_dirac_measure_is_linear_in_the_frequency(constructions):
    context = constructions.Game().context(constructions.Moving())
    own = response(context.measure, context.batch)
    np.testing.assert_allclose(own.first / own.first[0], FREQUENCIES, rtol=1e-4)
    assert own.slope(1) == pytest.approx(1.0, abs=1e-3)
    assert own.slope(2) == pytest.approx(2.0, abs=1e-3)
    np.testing.assert_allclose(own.level, 1.0)
    assert own.steady


def test_a_measure_that_ignores_the_critic_is_passed_over(constructions):
    assert not list(check(constructions.Game().context("mid")))

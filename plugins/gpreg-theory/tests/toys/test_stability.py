import json
import math

import numpy as np
import pytest

from gpreg.errors import UsageError
from gpreg_theory import degenerate, dirac, mass_transfer, two_mode, uniform
from gpreg_theory.toys.stability import comparison, stability_of


def test_a_damped_game_says_rate_best_rho_and_steps():
    found = stability_of(dirac(measure="mid"))
    assert found.linear.best.rho == pytest.approx(2)
    assert found.linear.ceiling.rate == pytest.approx(1)
    assert found.linear.simultaneous.step == pytest.approx(1)
    assert found.linear.alternating.step == pytest.approx(math.sqrt(5) - 1)
    np.testing.assert_allclose(found.spectrum.real, -0.5)
    assert "slowest at the rate 0.5; rho = 2 makes it 1." in found.conclusion
    assert "below 1 if updates are simultaneous and 1.236 if updates are alternating" in found.conclusion


def test_critic_steps_and_ratio_reach_the_steps():
    found = stability_of(dirac(measure="mid"), critic_steps=5, ratio=0.25)
    assert found.linear.simultaneous is None
    assert found.linear.alternating.ratio == 0.25
    assert found.linear.alternating.step != stability_of(dirac(measure="mid"), ratio=0.25).linear.alternating.step
    assert "simultaneous" not in found.conclusion


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (dirac, ["frequency 1 is not damped", "--measure pd --rho 1"]),
        (lambda: dirac(measure="pd", rho=0.0), ["not damped", "--measure pd --rho 1"]),
        (lambda: dirac(measure="wgan"), ["not damped", "--measure pd --rho 1"]),
        (lambda: dirac(measure="pd", form="one-sided"), ["not damped", "--form squared"]),
        (lambda: mass_transfer(measure="pd"), ["frequency 2 is not damped", "does not see", "--measure mid"]),
        (two_mode, ["frequencies 1 and 0.6667 are not damped"]),
        (lambda: dirac(measure="pd", rho=2.0), ["about the best"]),
        (lambda: dirac(measure="pd", rho=8.0), ["rho = 2 makes it 1"]),
        (degenerate, ["decides nothing here"]),
        (lambda: dirac(measure="wgan-gp"), ["jumps at the equilibrium", "--form squared"]),
        (lambda: dirac(measure="pd", loss="relativistic"), ["Every eigenvalue decays, the slowest at the rate 0.5"]),
        (lambda: dirac(loss="relativistic"), ["An eigenvalue does not decay"]),
    ],
)
def test_the_conclusion_says_what_it_means_and_what_to_do(system, said):
    conclusion = stability_of(system()).conclusion
    assert [words for words in said if words not in conclusion] == []


@pytest.mark.parametrize(
    ("system", "spectrum"), [(dirac(measure="wgan-gp"), False), (dirac(measure="pd", loss="relativistic"), True)]
)
def test_without_a_linearised_game_the_reason_is_told(system, spectrum):
    found = stability_of(system)
    assert found.linear is None
    assert found.obstacle
    assert (found.spectrum is not None) == spectrum
    assert found.to_dict()["linear"] is None


def test_measures_are_compared_at_their_own_best_rho():
    found = {name: stability_of(two_mode(measure=name)) for name in ("pd", "mid", "gp")}
    told = comparison(found)
    assert "Each at its own best rho, mid and gp decay fastest, at the rate 0.6667." in told
    assert "At this common rho it is pd, at 0.5" in told


def test_a_comparison_names_what_is_undamped_and_what_has_no_linearised_game():
    found = {name: stability_of(uniform(measure=name)) for name in ("pd", "wgan", "wgan-gp")}
    told = comparison(found)
    assert "pd decays fastest" in told
    assert "At this common rho" not in told
    assert "Not every mode is damped by wgan." in told
    assert "wgan-gp has no linearised game." in told
    assert "--measure pd" in comparison({name: found[name] for name in ("wgan", "wgan-gp")})


@pytest.mark.parametrize("system", [dirac(measure="mid"), dirac(), degenerate(), dirac(measure="wgan-gp")])
def test_everything_is_plain_data(system):
    json.dumps(stability_of(system).to_dict())


@pytest.mark.parametrize("choices", [{"ratio": 0.0}, {"ratio": math.inf}, {"critic_steps": 0}])
def test_what_is_no_update_is_refused(choices):
    with pytest.raises(UsageError):
        stability_of(dirac(measure="pd"), **choices)

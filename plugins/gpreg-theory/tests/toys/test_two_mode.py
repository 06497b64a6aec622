import pytest
import torch

from gpreg_theory import Mass, two_mode
from gpreg_theory.linear.ceiling import ceiling
from gpreg_theory.linear.tuning import best_rho

SHAPE = {
    "pd": ({}, 1.0328, 0.5164),
    "pg": ({}, 1.0328, 0.5164),
    "gp": ({}, 1.5, 0.6667),
    "mid": ({}, 2.0, 0.6667),
    "g-anc:0": ({"point": "0"}, 2.405, 0.5345),
    "g-anc:.5": ({"point": "0.5"}, 1.618, 0.339),
    "g-anc:1": ({"point": "1"}, 1.170, 0.200),
    "g-anc:2": ({"point": "2"}, 0.726, 0.103),
    "box": ({"low": "-2", "high": "2"}, 0.429, 0.214),
}


@pytest.mark.parametrize("name", SHAPE)
def test_best_rho_and_rate_of_each_measure(name):
    options, rho, rate = SHAPE[name]
    best = best_rho(two_mode(measure=name.partition(":")[0], measure_options=options).linear())
    assert best.rho == pytest.approx(rho, abs=2e-3)
    assert best.rate == pytest.approx(rate, abs=1e-3)


def test_no_measure_beats_the_ceiling_and_a_small_drift_reaches_it():
    t, E = 1.5, 1 / 6
    m = (t - 1) ** 2 / (8 * t**1.5)
    spread = (E - m**2) ** 0.5  # two equal atoms with mean m and second moment E
    system = two_mode(measure=Mass(lambda psi, theta: psi.new_ones(len(psi)), torch.tensor([m - spread, m + spread])))
    best = best_rho(system.linear())
    assert best.rho == pytest.approx(1.9596, abs=5e-3)
    assert best.rate == pytest.approx(0.8165, abs=5e-3)
    assert best.rate <= ceiling(system.linear().R).rate + 1e-9


def test_both_signs_of_the_width_are_equilibria():
    assert [point.kind for point in two_mode(measure="gp").equilibria()] == ["stable focus"] * 2

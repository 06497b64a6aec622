import functools
import math

import pytest

from gpreg_theory import degenerate, dirac
from gpreg_theory import limit as follow

limit = functools.partial(follow, rtol=1e-7, atol=1e-9)


def test_a_strong_one_centred_penalty_parks_at_a_wrong_generator():
    end = limit(dirac(measure="pd", form="one-centered", rho=2.5), (1.0, 0.5), rtol=1e-9, atol=1e-11)
    assert end.kind == "point"
    assert end.state == pytest.approx([0, 2.5], abs=1e-5)


@pytest.mark.parametrize(("z0", "radius"), [((1.0, 0.5), 0.3), ((0.1, 0.1), math.hypot(0.1, 0.1))])
def test_clipped_orbits_end_on_circles(z0, radius):
    end = limit(dirac(measure="wgan", measure_options={"clip": 0.3}), z0)
    assert end.kind == "cycle"
    assert end.amplitude == pytest.approx([radius, radius], abs=1e-3)
    assert end.period == pytest.approx(2 * math.pi, abs=1e-5)


def test_an_unregularised_orbit_is_a_circle():
    end = limit(dirac(), (1.0, 0.5))
    assert (end.kind, end.period) == ("cycle", pytest.approx(2 * math.pi))
    assert end.amplitude == pytest.approx([math.sqrt(1.25)] * 2, abs=1e-4)


def test_a_one_sided_penalty_leaves_small_orbits_alone():
    end = limit(dirac(measure="pd", form="one-sided"), (0.6, 0.6))
    assert end.kind == "cycle"
    assert end.amplitude == pytest.approx([math.hypot(0.6, 0.6)] * 2, abs=1e-4)


def test_a_slow_passage_is_no_limit():
    end = limit(degenerate(rho=0.375), (1.0, 1e-5))
    assert end.kind == "point"
    assert end.state[0] < 0
    assert limit(degenerate(rho=0.375), (1.0, 0.0)).state.tolist() == [1.0, 0.0]


def test_what_does_not_settle_says_so():
    end = limit(dirac(measure=lambda psi, theta: psi**2 + theta**2), (1.0, 0.0), time=15.0)
    assert (end.kind, end.time, end.period) == ("not settled", 15.0, None)


def test_infinity():
    assert limit(dirac(measure=lambda psi, theta: -3.0), (1.0, 0.0)).kind == "infinity"

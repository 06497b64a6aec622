import math

from hypothesis import given
from hypothesis import strategies as st

from gpreg.reports.bands import Point, band, thinned


def test_a_band_is_the_median_and_all_seeds_where_they_are_finite():
    assert band([{1: 1.0, 2: math.nan}, {1: 3.0, 2: 5.0}, {1: 2.0}]) == [Point(1, 1, 2, 3, 3), Point(2, 5, 5, 5, 1)]
    assert band([{1: math.inf}]) == []


@given(st.sets(st.integers(0, 10**6)), st.integers(2, 80))
def test_a_thinned_curve_keeps_its_ends(steps, most):
    steps = sorted(steps)
    kept = thinned(steps, most)
    assert len(kept) == len(set(kept)) == min(most, len(steps))
    assert not steps or (kept[0], kept[-1]) == (steps[0], steps[-1])

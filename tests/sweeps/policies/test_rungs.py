"""Rungs grow in steps, shrink in values, end with all steps, and cost no more than the grid."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gpreg.sweeps.policies.rungs import budget, full_grid, halved


@given(st.integers(2, 60), st.integers(1, 10_000))
def test_halving(values, steps):
    rungs = halved(values, steps)
    assert rungs[0].values == values
    assert rungs[-1].steps == steps
    assert rungs[-1].values >= 2
    assert all(a.values > b.values and a.steps < b.steps for a, b in itertools.pairwise(rungs))
    assert all(2 * b.values >= a.values or len(rungs) == 2 for a, b in itertools.pairwise(rungs))
    by_hand = [
        (rung.values - after) * rung.steps
        for rung, after in zip(rungs, [r.values for r in rungs[1:]] + [0], strict=True)
    ]
    assert budget(rungs) == sum(by_hand) <= budget(full_grid(values, steps)) == values * steps


def test_sixteen_values_cost_half_of_the_grid():
    assert budget(halved(16, 1000)) / budget(full_grid(16, 1000)) == 0.5

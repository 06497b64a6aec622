import pytest
from fixtures.reported import SCORE, result

from gpreg.reports.scores import groups
from gpreg.reports.standing import stand


def answer(seeds, *, band=None, gap=10.0):
    results = [result(row, k, worth + 0.1 * k) for row, worth in (("mid", 0.0), ("pd", gap)) for k in range(seeds)]
    (group,) = groups(results, SCORE)
    return stand(group, band=band).answer[0]


def test_rows_that_are_apart_are_told_apart_by_enough_seeds_alone():
    assert answer(4).endswith("mid has the best median, 0.15; every seed of it is better than every seed of pd.")
    assert answer(3).endswith("mid has the best median, 0.1; between it and pd these 3 seeds decide nothing.")


@pytest.mark.parametrize(("gap", "band"), [(0.2, None), (10.0, 11.0)])
def test_rows_that_overlap_or_differ_by_less_than_the_band_are_not_told_apart(gap, band):
    assert "decide nothing" in answer(6, gap=gap, band=band)


def test_failures_come_last_and_a_single_row_is_compared_with_none():
    results = [result("mid", k, 1.0) for k in range(4)] + [result("pd", k, None) for k in range(4)]
    (group,) = groups(results, SCORE)
    assert "better than every seed of pd" in stand(group, band=None).answer[0]
    (group,) = groups([result("mid", 0, 2.0)], SCORE)
    assert stand(group, band=None).answer == ["On 8gaussians, by wasserstein/w1, mid has the median 2."]
    (group,) = groups([result("pd", 0, None), result("mid", 0, None)], SCORE)
    assert stand(group, band=None).answer == ["On 8gaussians, by wasserstein/w1: most runs of every row failed."]

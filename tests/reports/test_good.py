import pytest

from gpreg.reports.good import good_range, ranked_median


def test_neighbours_of_the_best_within_the_margin_are_good_and_what_lies_beyond_a_bad_one_is_not():
    values = {0.01: [1.0], 0.1: [5.0], 1: [1.2], 10: [1.0], 100: [1.3], 1000: [9.0]}
    found = good_range(values, better="lower", margin=0.5)
    assert (found.best, found.low, found.high) in {(0.01, 0.01, 0.01), (10, 1, 100)}
    found = good_range({k: v for k, v in values.items() if k > 0.01}, better="lower", margin=0.5)
    assert (found.low, found.high, found.limit) == (1, 100, 1.5)
    assert str(found) == "good from 1 to 100, a factor of 100"


def test_a_range_that_reaches_the_end_of_the_grid_says_so():
    found = good_range({1: [3.0], 2: [3.1], 4: [0.0]}, better="higher", margin=0.2)
    assert str(found) == "good from 1 to 2, a factor of 2; it may be wider: none below was tried"


def test_without_a_margin_the_worst_seed_at_the_best_rho_is_the_limit():
    assert good_range({1: [1.0, 1.0, 2.0], 10: [1.9] * 3, 100: [2.1] * 3}, better="lower", margin=None).high == 10


def test_a_failed_seed_is_worse_than_any_number():
    assert ranked_median([None, 1.0, 2.0], "lower") == 2.0
    assert ranked_median([None, 1.0, 2.0], "higher") == 1.0
    assert good_range({1: [None, None, 0.1], 10: [1.0] * 3}, better="lower", margin=1.0).low == 10


@pytest.mark.parametrize("values", [{1: [1.0]}, {}, {1: [None], 10: [None]}])
def test_one_rho_or_failures_alone_have_no_range(values):
    assert good_range(values, better="lower", margin=None) is None

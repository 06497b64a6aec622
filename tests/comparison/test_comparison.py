"""Numbers of the comparison against closed forms, scipy and rliable; laws that hold for all scores."""

import doctest
import importlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rliable import library, metrics
from scipy import stats

from gpreg.comparison.comparison import compare
from gpreg.comparison.detectable import detectable, seeds_needed, smallest_p
from gpreg.comparison.holm import holm
from gpreg.comparison.interval import of_interquartile_mean, of_median
from gpreg.comparison.permutation import paired, unpaired
from gpreg.comparison.probability import probability
from gpreg.comparison.scored import Scored
from gpreg.errors import UsageError


def scored(column="c", **rows):
    return [
        Scored(row=row, column=column, seed=seed, value=value)
        for row, values in rows.items()
        for seed, value in enumerate(values)
    ]


def drawn(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


samples = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=7)


def test_medians_and_interquartile_means_are_rliables():
    scores = drawn(16).reshape(8, 2)
    runs = scored("x", a=list(scores[:, 0])) + scored("y", a=list(scores[:, 1]))
    found = compare(runs, better="lower", comparable=True)
    assert found.overall[0].interquartile_mean == pytest.approx(metrics.aggregate_iqm(scores))
    for index, one in enumerate(found.summaries):
        assert one.interquartile_mean == pytest.approx(metrics.aggregate_iqm(scores[:, [index]]))
        assert one.median == pytest.approx(np.median(scores[:, index]))


@pytest.mark.filterwarnings("ignore:random_state is deprecated:FutureWarning")  # rliable's call of arch
def test_the_stratified_interval_is_rliables():
    scores = drawn(20).reshape(10, 2)
    runs = scored("x", a=list(scores[:, 0])) + scored("y", a=list(scores[:, 1]))
    mine = compare(runs, better="lower", comparable=True, resamples=4000).overall[0].interval
    _, theirs = library.get_interval_estimates(
        {"a": scores},
        lambda x: np.array([metrics.aggregate_iqm(x)]),
        reps=4000,
        random_state=np.random.RandomState(0),
    )
    assert [mine.low, mine.high] == pytest.approx(theirs["a"].ravel(), abs=0.06)


def test_the_probability_of_improvement_is_rliables():
    a, b = np.array([1.0, 2, 2, 5, 7]), np.array([2.0, 3, 6])
    assert probability(a, b, 0.95)[0] == pytest.approx(metrics.probability_of_improvement(b[:, None], a[:, None]))
    ((pair),) = compare(scored(a=a, b=b), better="higher").pairs
    assert pair.probability == pytest.approx(1 - probability(a, b, 0.95)[0])


def test_an_untrimmed_interval_is_students():
    found = of_interquartile_mean(np.array([1.0, 2, 4]), 0.9)
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.9, 2, 7 / 3, stats.sem([1, 2, 4])))


@pytest.mark.parametrize("n", [5, 8, 11])
def test_a_trimmed_interval_is_scipys(n):
    values = drawn(n)
    found = of_interquartile_mean(values, 0.95)
    theirs = stats.mstats.trimmed_mean_ci(values, limits=(n // 4 / n, n // 4 / n), inclusive=(True, True), alpha=0.05)
    assert (found.low, found.high) == pytest.approx(tuple(theirs))


@pytest.mark.parametrize(("n", "coverage"), [(2, 0.5), (3, 0.75), (5, 0.9375), (6, 0.96875)])
def test_the_range_covers_the_median_as_often_as_it_says(n, coverage):
    found = of_median(np.arange(n), 0.95)
    assert (found.low, found.high, found.coverage) == (0, n - 1, coverage)


def test_the_narrowest_order_statistics_are_taken():
    found = of_median(np.arange(9.0), 0.95)
    assert (found.low, found.high) == (1, 7)
    assert found.coverage == pytest.approx(1 - 2 * stats.binom.cdf(1, 9, 0.5))


def test_holm_is_the_textbooks():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_lowers_nothing(values):
    found = holm(values)
    assert all(p <= q <= 1 for p, q in zip(values, found, strict=True))
    by_p = [found[i] for i in sorted(range(len(values)), key=lambda i: values[i])]
    assert by_p == sorted(by_p)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_the_smallest_p_is_reached(n):
    assert paired(np.arange(1.0, n + 1), 0) == pytest.approx(smallest_p(n, n, paired=True))
    assert unpaired(np.arange(n), np.arange(n) + 100.0, 0) == pytest.approx(smallest_p(n, n, paired=False))
    assert unpaired(np.zeros(1), np.arange(1.0, n + 1), 0) == pytest.approx(smallest_p(1, n, paired=False))


def test_ranks_of_diverged_runs_give_wilcoxons_p():
    differences = np.array([1.0, -2, 3, 4, 5, 6, math.inf])
    theirs = stats.wilcoxon([1.0, -2, 3, 4, 5, 6, 7], method="exact")
    assert paired(differences, 0) == pytest.approx(theirs.pvalue)


def test_what_is_detectable_has_a_power_of_four_fifths():
    shift = detectable(1.0, 9, 0.05)
    assert stats.nct.sf(stats.t.ppf(0.975, 9), 9, shift) == pytest.approx(0.8, abs=1e-6)


def test_how_many_seeds_are_needed():
    assert seeds_needed(1, 0.05, paired=True) == 6
    assert seeds_needed(3, 0.05, paired=False) == 5


def test_three_seeds_decide_nothing_however_far_apart():
    found = compare(scored(a=[0.0, 0.1, 0.2], b=[90.0, 91, 93]), better="lower", score="w1")
    assert found.pairs[0].p == 0.25
    assert not found.pairs[0].decidable
    assert found.answer == ("On c, by w1, between a and b these 3 seeds decide nothing.",)
    assert any("0.25" in one and "4 seeds a row could decide" in one for one in found.caveats)


@pytest.mark.parametrize(
    ("seeds", "asked", "paired", "decided"),
    [
        (3, None, True, False),
        (4, None, False, True),
        (4, True, True, False),
        (5, None, False, True),
        (6, None, True, True),
        (6, False, False, True),
    ],
)
def test_runs_are_paired_where_that_can_decide(seeds, asked, paired, decided):
    """By the number of runs alone: whatever the scores are, the same test is taken."""
    for apart in (90.0, 0.0):
        rows = {"a": drawn(seeds), "b": drawn(seeds, 1) + apart}
        (pair,) = compare(scored(**rows), better="lower", paired=asked).pairs
        assert (pair.paired, pair.decidable) == (paired, decided)
        assert pair.verdict == ("better" if decided and apart else "undecided")


def test_of_many_rows_the_answer_goes_from_the_best():
    rows = {name: drawn(8, k) + 40 * (k > 2) for k, name in enumerate(("a", "b", "c", "d", "e"))}
    found = compare(scored(**rows), better="lower", score="w1")
    best = min("abc", key=lambda row: np.median(rows[row]))
    others = [row for row in "abc" if row != best]
    assert found.answer == (
        f"On c, by w1, {best} has the best median; it is better than d and e; "
        f"against {others[0]} and {others[1]} these 8 seeds decide nothing; of the other 6 pairs, 4 are decided.",
    )
    turned = {name: -values for name, values in rows.items()}
    assert compare(scored(**turned), better="higher", score="w1").answer == found.answer


def test_the_better_are_named_and_so_is_what_is_open():
    rows = {"pd": drawn(8), "mid": drawn(8, 1), "wgan-gp": drawn(8, 2) + 40}
    found = compare(scored(**rows), better="lower", score="w1")
    assert found.answer == (
        "On c, by w1, pd and mid are better than wgan-gp; between pd and mid these 8 seeds decide nothing.",
    )
    assert [round(one.rank, 9) for one in found.ranks if one.row == "wgan-gp"] == [3]


def test_rows_are_equivalent_only_if_the_interval_lies_within_the_band():
    rows = {"a": [1.0, 2, 3], "b": [1.01, 2.0, 3.01]}
    (pair,) = compare(scored(**rows), better="lower", band=0.1).pairs
    assert pair.verdict == "equivalent"
    (pair,) = compare(scored(**rows), better="lower", band=pair.interval.high / 2).pairs
    assert pair.verdict == "undecided"


def test_a_name_with_commas_is_quoted():
    runs = scored(**{"dragan, scale 0.5": drawn(3), "mid": drawn(3, 1)})
    answer = "On c, by w1, between 'dragan, scale 0.5' and mid these 3 seeds decide nothing."
    assert compare(runs, better="lower", score="w1").answer == (answer,)


def test_of_many_rows_that_are_all_undecided_the_answer_says_so_once():
    rows = {name: drawn(3, k) for k, name in enumerate("abcde")}
    best = min(rows, key=lambda row: np.median(rows[row]))
    (answer,) = compare(scored(**rows), better="lower", score="w1").answer
    assert (
        answer
        == f"On c, by w1, {best} has the best median, and these 3 seeds decide nothing between any two of the 5 rows."
    )


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_zero_has_no_sign(better):
    (summary, _) = compare(scored(a=[0.0, 0.0], b=[0.0, 1.0]), better=better).summaries
    ends = (summary.median_interval.low, summary.median_interval.high, summary.interquartile_mean)
    assert summary.text == "0"
    assert [math.copysign(1, end) for end in ends] == [1, 1, 1]


@pytest.mark.parametrize(("better", "sign"), [("lower", 1), ("higher", -1)])
def test_diverged_runs_are_counted_and_are_the_worst(better, sign):
    rows = {"a": [1.0, 2, 3, 4, 5, 6, 7], "b": [None] * 7, "c": [1.0, 2, 3, 4, None, None, None]}
    found = compare(scored(**rows), better=better)
    a, b, c = found.summaries
    assert (b.failed, b.n, b.median, b.text) == (7, 7, sign * math.inf, "diverged")
    assert (c.failed, c.text, a.text) == (3, "4" if sign == 1 else "1", "4")
    assert {(pair.a, pair.b): pair.verdict for pair in found.pairs}["a", "b"] == "better"
    assert all(pair.difference is None for pair in found.pairs)
    assert any(one.startswith("7 of 7 runs of b") for one in found.caveats)


@pytest.mark.parametrize(
    "rows",
    [{"a": [1.0]}, {"a": [1.0], "b": [2.0]}, {"a": [1.0] * 4, "b": [1.0] * 4}, {"a": [None] * 3, "b": [None] * 3}],
)
def test_degenerate_scores_decide_nothing(rows):
    found = compare(scored(**rows), better="lower")
    assert all((pair.verdict, pair.p) == ("undecided", 1) for pair in found.pairs)
    assert not any(math.isnan(one.median) for one in found.summaries)


def test_rows_of_different_seeds_are_told_to_be_compared_unpaired():
    later = [Scored(row="b", column="x", seed=seed, value=seed + 0.5) for seed in range(10, 14)]
    found = compare(scored("x", a=[1.0, 2, 3, 4]) + later, better="lower")
    assert (found.pairs[0].paired, found.pairs[0].n_a, found.pairs[0].n_b) == (False, 4, 4)
    assert any("a and b on x have different seeds: all runs" in one for one in found.caveats)


def test_cells_that_are_missing_and_seeds_that_are_not_common_are_told():
    runs = scored("x", a=[1.0, 2, 3], b=[2.0, 3, 4, 5]) + scored("y", a=[1.0, 2, 3])
    found = compare(runs, better="lower")
    assert (found.pairs[0].paired, found.pairs[0].n_a) == (True, 3)
    assert any("3 common seeds; 1 other run is left out" in one for one in found.caveats)
    assert any(one.startswith("b has no run on y") for one in found.caveats)
    assert [one.row for one in found.ranks if one.column is None] == ["a"]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_score_that_is_no_number_is_refused(value):
    with pytest.raises(UsageError, match="value=None"):
        compare(scored(a=[value]), better="lower")


def test_other_bad_input_is_refused():
    for runs, more in (
        ([], {}),
        (scored(a=[1.0]) * 2, {}),
        (scored(a=[1.0]), {"better": "best"}),
        (scored(a=[1.0]), {"band": -1}),
        (scored(a=[1.0]), {"confidence": 95}),
        (scored(a=[1.0]), {"resamples": 0}),
    ):
        with pytest.raises(UsageError):
            compare(runs, **{"better": "lower"} | more)


@settings(max_examples=25)
@given(samples, samples)
def test_turning_a_pair_round_turns_its_numbers(a, b):
    there = compare(scored(a=a, b=b), better="lower", resamples=10).pairs[0]
    back = compare(scored(b=b, a=a), better="lower", resamples=10).pairs[0]
    assert there.difference == pytest.approx(-back.difference)
    assert there.probability == pytest.approx(1 - back.probability)
    assert there.p == pytest.approx(back.p)
    assert there.probability_interval.low == pytest.approx(1 - back.probability_interval.high, abs=1e-9)


@settings(max_examples=25)
@given(samples, st.randoms())
def test_the_order_of_seeds_does_not_matter(a, random):
    runs = scored(a=a, b=[value + seed % 3 for seed, value in enumerate(a)])
    mixed = sorted(runs, key=lambda one: (one.row, random.random()))
    one, other = (compare(some, better="lower", resamples=10).pairs[0] for some in (runs, mixed))
    assert (one.p, one.difference) == pytest.approx((other.p, other.difference))


@settings(max_examples=25)
@given(samples, samples)
def test_the_probability_does_not_change_with_the_scale(a, b):
    first, second = np.array(a), np.array(b)
    assert probability(first, second, 0.95)[0] == probability(np.exp(first / 9), np.exp(second / 9), 0.95)[0]


def test_the_same_seed_gives_the_same_numbers():
    runs = scored(a=drawn(16), b=drawn(16, 1) + 1)
    assert compare(runs, better="lower", seed=3) == compare(runs, better="lower", seed=3)


@pytest.mark.parametrize("name", ["answer", "comparison", "detectable", "holm", "probability"])
def test_examples_in_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(f"gpreg.comparison.{name}")).failed == 0

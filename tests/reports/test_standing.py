import pytest
from fixtures.reported import SCORE, result

from gpreg.comparison.comparison import compare
from gpreg.reports.scores import groups
from gpreg.reports.standing import intervals_of, stand


def group(seeds, *, gap=10.0):
    worth = {"mid": 0.0, "pd": gap}
    (found,) = groups(
        [result(row, k, worth[row] + 0.1 * k * (1 + gap / 5)) for row in worth for k in range(seeds)], SCORE
    )
    return found


def test_rows_that_are_apart_are_told_apart_by_enough_seeds_alone():
    assert stand(group(6), band=None).answer == ["On 8gaussians, by wasserstein/w1, mid is better than pd."]
    few = stand(group(3), band=None)
    assert few.answer[0].endswith("between mid and pd these 3 seeds decide nothing.")
    assert "smallest possible p-value is 0.25" in few.cautions[0]


def test_rows_within_the_band_are_equivalent():
    assert stand(group(6), band=11.0).answer[0].endswith("mid and pd are equivalent within 11.")


def test_a_single_row_has_a_median_and_a_single_seed_no_interval():
    (single,) = groups([result("mid", 0, 2.0)], SCORE)
    found = stand(single, band=None)
    assert found.answer == ["On 8gaussians, by wasserstein/w1, mid has the median 2."]
    assert found.intervals == {("mid", "8gaussians"): (None, 2.0, None)}
    assert not found.pairs


def test_failures_come_last_and_leave_no_mean_difference():
    (found,) = groups([result(row, k, 1.0 if row == "mid" else None) for row in ("mid", "pd") for k in range(6)], SCORE)
    standing = stand(found, band=None)
    assert standing.answer[0].endswith("mid is better than pd.")
    assert standing.intervals["pd", "8gaussians"].middle == float("inf")
    (line,) = standing.pairs[0].lines
    assert (line[1].text, line[1].look, line[2].text) == ("better", "fine", "none")


@pytest.mark.parametrize("seeds", [2, 7])
def test_the_table_of_pairs_and_the_medians_are_those_of_the_comparison(seeds):
    scores = group(seeds, gap=1.0)
    standing, found = stand(scores, band=None), compare(scores.scored, better="lower").pairs[0]
    (table,) = standing.pairs
    (line,) = table.lines
    assert len(line) == len(table.heads)
    assert [line[index].sort for index in (2, 3, 4, 5)] == [
        repr(value) for value in (found.difference, found.probability, found.p, found.p_holm)
    ]
    assert intervals_of(scores) == standing.intervals


def test_a_column_without_a_score_says_so():
    (found,) = groups([result("mid", 0, None, state="pending")], SCORE)
    assert stand(found, band=None).answer == ["On 8gaussians, by wasserstein/w1: no run has a score yet."]
    assert intervals_of(found) == {}

import pytest
from fixtures.reported import SCORE, result
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.reports.scores import chosen_score, groups, named_rows


def test_scores_taken_in_two_ways_are_in_two_groups():
    results = [result("mid", 0, 1.0), result("pd", 0, 2.0), result("mid", 1, 3.0, way="n: 100")]
    first, second = groups(results, SCORE)
    assert [(one.row, one.seed, one.value) for one in first.scored] == [("mid", 0, 1.0), ("pd", 0, 2.0)]
    assert [(one.row, one.seed, one.value) for one in second.scored] == [("mid", 1, 3.0)]
    assert second.provenance == {"8gaussians": "n: 100"}


def test_columns_whose_scores_differ_in_provenance_share_a_table():
    assert len(groups([result("mid", 0, 1.0), result("mid", 0, 1.0, column="moons", way="other")], SCORE)) == 1


def test_failures_count_and_missing_scores_do_not():
    missing, pending = result("mid", 2, None, state="done"), result("mid", 3, None, state="pending")
    (group,) = groups([result("mid", 0, 1.0), result("mid", 1, None), missing, pending], SCORE)
    assert [one.value for one in group.scored] == [1.0, None]
    assert (group.missing, group.pending) == ({("mid", "8gaussians"): [2]}, {("mid", "8gaussians"): 1})


def test_rows_that_were_tried_at_several_rhos_are_named_by_them():
    rows = named_rows([result("mid", 0, 1.0, rho=0.1), result("mid", 0, 1.0, rho=10.0), result("pd", 0, 1.0)])
    assert list(rows.values()) == ["mid, rho 0.1", "mid, rho 10", "pd"]


def test_a_score_may_be_named_by_its_metric():
    results = [result("mid", 0, 1.0)]
    assert {chosen_score(results, name, None) for name in ("wasserstein", "w1", SCORE, None)} == {SCORE}
    with pytest.raises(UsageError, match="did you mean 'wasserstein/w1'"):
        chosen_score(results, "wasserstein/w2", None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from(["", "p", "q"]), st.sampled_from("sdfmp")
        )
    )
)
def test_every_result_is_in_exactly_one_group(drawn):
    kinds = {"d": "diverged", "f": "failed", "m": "done", "p": "pending"}
    results = [
        result(row, seed, 1.0, column=column, way=way)
        if kind == "s"
        else result(row, seed, None, column=column, state=kinds[kind])
        for seed, (row, column, way, kind) in enumerate(drawn)
    ]
    found = groups(results, SCORE)
    counted = sum(len(g.scored) + sum(map(len, g.missing.values())) + sum(g.pending.values()) for g in found)
    assert counted == len(results)
    for group in found:
        ways = {(one.column, results[one.seed].provenance[SCORE]) for one in group.scored if one.value is not None}
        assert len(ways) == len({column for column, _ in ways})

"""Policies that need no result: a run for each seed, and for each value where there is a penalty."""

import pytest

from gpreg.errors import UsageError
from gpreg.sweeps.policies.fixed import AutoRho, EqualRho, GridRho, RecipeRho
from gpreg.sweeps.policies.template import Template


def rows():
    return [
        Template(row="mid", column="8gaussians", rho=2.0, steps=10),
        Template(row="wgan", column="8gaussians", rho=3.0, steps=10, penalised=False),
        Template(row="WGAN-GP", column="8gaussians", rho=20.0, steps=10, tune=False),
    ]


@pytest.mark.parametrize(
    ("policy", "rhos"),
    [(RecipeRho(), [2.0]), (GridRho((0.1, 1.0)), [0.1, 1.0]), (AutoRho(), ["auto"]), (EqualRho(5.0), ["auto"])],
    ids=lambda each: getattr(each, "name", ""),
)
def test_only_a_row_with_a_penalty_that_is_not_fixed_is_given_another_rho(policy, rhos):
    asked = policy.demand(rows(), [0, 1], [])
    found = {}
    for run in asked.wanted:
        assert run.phase == "final"
        found.setdefault((run.template.row, run.seed), []).append(run.rho)
    assert found == {
        (row, seed): each for seed in (0, 1) for row, each in (("mid", rhos), ("wgan", [3.0]), ("WGAN-GP", [20.0]))
    }
    assert not asked.waiting
    assert not policy.choices(rows(), [])


def test_each_column_may_have_its_own_trace():
    policy = EqualRho({"8gaussians": 5.0})
    assert policy.demand(rows(), [0], []).wanted[0].choices["penalty.rho_trace"] == 5.0
    with pytest.raises(UsageError, match="column 'digits'"):
        policy.demand([Template(row="mid", column="digits", rho=1.0, steps=1)], [0], [])


def test_two_rows_with_one_name_are_refused():
    with pytest.raises(UsageError, match="two rows 'mid' on '8gaussians'"):
        RecipeRho().demand(rows()[:1] * 2, [0], [])

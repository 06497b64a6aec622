"""The table ``[rho]``: what it means, and what is said where it means nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.sweeps.policies.fixed import AutoRho, EqualRho, GridRho, RecipeRho
from gpreg.sweeps.policies.table import policy_of
from gpreg.sweeps.policies.tuned import TunedRho
from gpreg.sweeps.policies.words import table_of


def read(table, seeds=(0, 1, 2)):
    return policy_of(table, seeds=seeds, score="wasserstein/w1")


@pytest.mark.parametrize(
    ("table", "policy"),
    [
        (None, RecipeRho()),
        ({"policy": "recipe"}, RecipeRho()),
        ({"policy": "auto"}, AutoRho()),
        ({"policy": "equal", "trace": 10}, EqualRho(10.0)),
        ({"policy": "equal", "trace": {"8gaussians": 2}}, EqualRho({"8gaussians": 2.0})),
        ({"policy": "grid", "values": [1, "0.1", "lambda=10"]}, GridRho((0.1, 1.0, 20.0))),
        (
            {"policy": "tuned", "values": [1, 0.1], "tuning_seeds": "100:102", "halving": True},
            TunedRho((0.1, 1.0), (100, 101), "wasserstein/w1", halving=True),
        ),
    ],
)
def test_what_a_table_means_and_back(table, policy):
    assert read(table) == policy
    assert read(policy.table) == policy


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"policy": "tunde"}, "did you mean 'tuned'"),
        ({"values": [1]}, "rho.policy is missing"),
        ({"policy": ["grid"]}, "which is none"),
        ({"policy": "grid"}, "rho.values is missing"),
        ({"policy": "grid", "values": "0.1"}, "which is no list"),
        ({"policy": "grid", "values": []}, "no coefficient"),
        ({"policy": "grid", "values": [1, -1]}, "at least 0"),
        ({"policy": "grid", "values": [1, "nan"]}, "no finite number"),
        ({"policy": "grid", "values": [True]}, "no finite number"),
        ({"policy": "grid", "values": [[1]]}, "no finite number"),
        ({"policy": "grid", "values": [20, "lambda=10"]}, "20 twice"),
        ({"policy": "grid", "values": ["lamda=10"]}, "did you mean 'lambda'"),
        ({"policy": "grid", "values": [1], "halving": True}, "rho.halving is a key of policy tuned"),
        ({"policy": "tuned", "valeus": [1, 2]}, "did you mean 'values'"),
        ({"policy": "auto", "rho": 1}, "no keys of its own"),
        ({"policy": "tuned", "values": [1]}, "nothing to choose"),
        ({"policy": "tuned", "halving": 3}, "true or false"),
        ({"policy": "tuned", "tuning_seeds": []}, "no seed"),
        ({"policy": "tuned", "tuning_seeds": "5:5"}, "no seed"),
        ({"policy": "tuned", "tuning_seeds": [5, 5]}, "5 twice"),
        ({"policy": "tuned", "tuning_seeds": [-1]}, "whole number"),
        ({"policy": "tuned", "tuning_seeds": "5,x"}, "'x'"),
        ({"policy": "tuned", "tuning_seeds": 5}, "a range or a list"),
        ({"policy": "tuned", "tuning_seeds": "2:5"}, "seeds 2 would be tuned on and reported"),
        ({"policy": "equal", "trace": 0}, "above 0"),
    ],
)
def test_what_is_said_of_a_wrong_table(table, said):
    with pytest.raises(UsageError, match=said.replace("[", r"\[")) as caught:
        read(table)
    assert caught.value.remedy


@given(st.sets(st.integers(0, 30), min_size=1), st.sets(st.integers(0, 30), min_size=1))
def test_tuning_seeds_are_fresh_or_refused(final, tuning):
    table = {"policy": "tuned", "tuning_seeds": sorted(tuning)}
    if final & tuning:
        with pytest.raises(UsageError, match="tuned on and reported"):
            read(table, sorted(final))
    else:
        assert set(read(table, sorted(final)).tuning_seeds) == tuning


@pytest.mark.parametrize(
    ("words", "policy"),
    [
        ({"rho": "0.1,1,lambda=10"}, GridRho((0.1, 1.0, 20.0))),
        ({"rho": "2"}, GridRho((2.0,))),
        ({"rho": "auto"}, AutoRho()),
        ({"rho": "recipe"}, RecipeRho()),
        ({}, RecipeRho()),
        ({"rho": "tuned", "grid": "1,0.1", "tuning_seeds": "9,8"}, TunedRho((0.1, 1.0), (9, 8), "wasserstein/w1")),
    ],
)
def test_what_words_mean(words, policy):
    assert read(table_of(**words)) == policy


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"grid": "0.1,1"}, "--grid says how rho is tuned, and --rho is not given"),
        ({"rho": "0.1", "halving": True}, "--halving says how rho is tuned, and --rho is 0.1"),
        ({"rho": "tunde"}, "did you mean 'tuned'"),
        ({"rho": "grid"}, "neither a number nor a policy"),
        ({"rho": "aR1=100,0.1"}, "two numbers"),
    ],
)
def test_what_is_said_of_wrong_words(words, said):
    with pytest.raises(UsageError, match=said) as caught:
        table_of(**words)
    assert caught.value.remedy

import numpy as np
import pytest

from gpreg_theory.networks.confidence import interval


@pytest.mark.parametrize("law", ["exponential", "chi-square"])
def test_it_contains_the_mean_about_as_often_as_it_says(law):
    rng = np.random.default_rng(0)
    missed = 0
    for seed in range(40):
        terms = rng.exponential(size=200) if law == "exponential" else rng.standard_normal(200) ** 2
        low, high = interval(terms, seed=seed)
        assert 0 <= low <= terms.mean() <= high
        missed += not low <= 1 <= high
    assert missed <= 3


def test_few_terms():
    assert interval(np.zeros(0)) == (0.0, 0.0)
    assert interval(np.ones(1)) == (0.0, float("inf"))
    assert interval(np.full(9, 2.0)) == (2.0, 2.0)


def test_one_seed_one_interval():
    terms = np.random.default_rng(0).exponential(size=50)
    assert interval(terms, seed=3) == interval(terms, seed=3)

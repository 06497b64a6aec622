from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

import gpreg
from gpreg.errors import DataError, GpregError, UsageError

seeds = st.integers(0, 2**31)


def normal(seed, n, d=2):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def score(data, *batches, **options):
    return gpreg.load_registry().build("metric", "wasserstein", options)(batches, data)


def w1(cloud, x, y, **options):
    return score(cloud(y), x, n=len(x), **options).values["w1"]


def test_a_case_worked_out_by_hand(cloud):
    # Greedily (0,0)->(1,0) leaves (3,0)->(0,4) at 5, mean 3; the best plan is 4 and 2, mean 3 too; with (0,1): 1, 2.
    x = torch.tensor([[0.0, 0.0], [3.0, 0.0]])
    assert w1(cloud, x, torch.tensor([[1.0, 0.0], [0.0, 4.0]])) == pytest.approx(3.0)
    assert w1(cloud, x, torch.tensor([[1.0, 0.0], [0.0, 1.0]])) == pytest.approx(1.5)


@given(seed=seeds, n=st.integers(1, 6), d=st.integers(1, 4))
def test_equals_the_best_of_all_permutations(cloud, seed, n, d):
    x, y = normal(seed, n, d), normal(seed + 1, n, d) * 2 + 1
    costs = torch.cdist(x.double(), y.double(), compute_mode="donot_use_mm_for_euclid_dist")
    best = min(costs[range(n), list(order)].mean().item() for order in permutations(range(n)))
    assert w1(cloud, x, y) == pytest.approx(best, rel=1e-9)


@given(seed=seeds, dx=st.floats(-5, 5, width=16), dy=st.floats(-5, 5, width=16))
def test_of_a_translate_is_the_norm_of_the_shift(cloud, seed, dx, dy):
    x, shift = normal(seed, 40).double(), torch.tensor([dx, dy], dtype=torch.float64)
    assert w1(cloud, x, x + shift) == pytest.approx(shift.norm().item(), abs=1e-12)


@given(seed=seeds)
def test_on_the_line_equals_the_distance_of_the_quantile_functions(cloud, seed):
    x, y = normal(seed, 50, 1), normal(seed + 1, 50, 1) * 3
    assert w1(cloud, x, y) == pytest.approx(wasserstein_distance(x[:, 0].double(), y[:, 0].double()), rel=1e-9)


@given(seed=seeds, parts=st.integers(1, 5))
def test_neither_order_nor_batching_nor_the_draws_order_matters(cloud, seed, parts):
    x, y = normal(seed, 20), normal(seed + 1, 20)
    shuffled = x[torch.randperm(20, generator=torch.Generator().manual_seed(seed))]
    again = score(cloud(y), *shuffled.chunk(parts), n=20, seed=1).values["w1"]
    assert again == pytest.approx(w1(cloud, x, y, seed=0), rel=1e-12)


@given(seed=seeds)
def test_is_a_metric(cloud, seed):
    x, y, z = (normal(seed + i, 12) for i in range(3))
    assert w1(cloud, x, x) == 0
    assert w1(cloud, x, y) == pytest.approx(w1(cloud, y, x), rel=1e-12)
    assert w1(cloud, x, z) <= w1(cloud, x, y) + w1(cloud, y, z) + 1e-12


def test_the_seed_fixes_which_points_are_drawn(cloud):
    data, x = cloud(normal(1, 100)), normal(2, 10)
    assert score(data, x, n=10, seed=3) == score(data, x, n=10, seed=3)
    assert score(data, x, n=10, seed=3).values != score(data, x, n=10, seed=4).values


def test_consumes_no_more_batches_than_it_needs(cloud):
    def batches():
        yield normal(0, 6)
        yield normal(1, 6)
        raise AssertionError("ten samples were there already")

    data = cloud(normal(2, 10))
    metric = gpreg.load_registry().build("metric", "wasserstein", {"n": 10})
    first_ten = torch.cat([normal(0, 6), normal(1, 6)])[:10]
    assert metric(batches(), data) == score(data, first_ten, n=10)


def test_samples_that_carry_gradients_are_scored(cloud):
    assert w1(cloud, normal(0, 5).requires_grad_(), normal(0, 5)) == 0


def test_provenance_says_what_was_compared(cloud):
    provenance = score(cloud(normal(0, 9)), normal(1, 5), n=5, seed=7).provenance
    assert provenance["samples"] == provenance["data points"] == 5
    assert provenance["seed of the data points"] == 7
    assert "Euclidean" in provenance["distance"]


def test_images_are_refused(cloud):
    with pytest.raises(UsageError, match="list-metrics"):
        score(cloud(torch.zeros(4, 1, 2, 2)), torch.zeros(4, 1, 2, 2), n=4)


def test_too_few_samples_are_refused(cloud):
    with pytest.raises(UsageError, match="needs 8 samples and was given 6"):
        score(cloud(normal(0, 8)), normal(1, 3), normal(2, 3), n=8)


def test_too_few_data_points_are_refused(cloud):
    with pytest.raises(DataError, match="compares with 8 points of the data, and there are 4") as caught:
        score(cloud(normal(0, 4)), normal(1, 8), n=8)
    assert caught.value.remedy == "take fewer, as with -S n=4"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_samples_that_are_not_finite_are_refused(cloud, value):
    x = normal(0, 4)
    x[1, 0] = x[3, 1] = value
    with pytest.raises(GpregError, match="2 of 4 samples are not finite"):
        w1(cloud, x, normal(1, 4))

import pytest
import scipy.linalg
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg_metrics.frechet import Moments, RunningMoments, frechet_distance

seeds = st.integers(0, 2**31)


def gaussian(mean, covariance):
    return Moments(
        count=9, mean=torch.tensor(mean).double(), covariance=torch.as_tensor(covariance, dtype=torch.float64)
    )


def random_gaussian(seed, d, rank=None):
    rng = torch.Generator().manual_seed(seed)
    factor = torch.randn(d, rank or d, generator=rng, dtype=torch.float64)
    return gaussian(torch.randn(d, generator=rng).tolist(), factor @ factor.T)


def running(*batches):
    moments = RunningMoments()
    for batch in batches:
        moments.add(batch)
    return moments.moments()


def test_on_the_line_it_is_the_difference_of_means_and_of_deviations_squared():
    assert frechet_distance(gaussian([1.0], [[4.0]]), gaussian([4.0], [[9.0]])) == pytest.approx(9 + 1)


def test_of_covariances_that_commute_it_is_a_sum_over_axes():
    x, y = gaussian([0.0, 0.0, 1.0], torch.diag(torch.tensor([1.0, 4.0, 0.0]))), gaussian([0.0] * 3, torch.eye(3) * 9)
    assert frechet_distance(x, y) == pytest.approx((1 - 3) ** 2 + (2 - 3) ** 2 + 3**2 + 1)


@given(seed=seeds, d=st.integers(1, 6))
def test_equals_the_formula_with_the_square_root_of_the_product(seed, d):
    x, y = random_gaussian(seed, d), random_gaussian(seed + 1, d)
    root = scipy.linalg.sqrtm((x.covariance @ y.covariance).numpy()).real
    difference = x.mean - y.mean
    traces = torch.trace(x.covariance) + torch.trace(y.covariance) - 2 * root.trace()
    assert frechet_distance(x, y) == pytest.approx(float(difference @ difference + traces), rel=1e-6, abs=1e-6)


@given(seed=seeds, d=st.integers(2, 40), rank=st.integers(1, 40))
def test_of_a_gaussian_from_itself_it_is_zero_even_if_singular(seed, d, rank):
    x = random_gaussian(seed, d, min(rank, d))
    assert 0 <= frechet_distance(x, x) < 1e-10 * float(torch.trace(x.covariance))


@given(seed=seeds)
def test_of_gaussians_on_orthogonal_planes_it_is_the_sum_of_their_variances(seed):
    a, b = random_gaussian(seed, 3).covariance, random_gaussian(seed + 1, 3).covariance
    zero = torch.zeros(3, 3)
    x, y = gaussian([0.0] * 6, torch.block_diag(a, zero)), gaussian([0.0] * 6, torch.block_diag(zero, b))
    assert frechet_distance(x, y) == pytest.approx(float(torch.trace(a) + torch.trace(b)), rel=1e-6)


@given(seed=seeds, parts=st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_running_moments_are_those_of_all_features_at_once(seed, parts):
    features = torch.randn(sum(parts) + 2, 4, generator=torch.Generator().manual_seed(seed)) * 3 + 1
    moments = running(*features.split([*parts, 2]))
    assert moments.count == len(features)
    assert torch.allclose(moments.mean, features.double().mean(dim=0), atol=1e-12)
    assert torch.allclose(moments.covariance, torch.cov(features.double().T), atol=1e-10)


def test_running_moments_do_not_cancel_far_from_the_origin():
    features = torch.randn(1000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1e8
    assert torch.allclose(running(*features.split(7)).covariance, torch.cov(features.T), rtol=1e-6, atol=1e-6)


def test_the_distance_of_two_samples_approaches_that_of_their_laws():
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(40_000, 2, generator=rng), torch.randn(40_000, 2, generator=rng) * 2 + 3
    assert frechet_distance(running(*x.split(1000)), running(y)) == pytest.approx(2 * 9 + 2 * 1, rel=0.02)

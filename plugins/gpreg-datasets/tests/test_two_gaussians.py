import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from gpreg.interfaces import Opening
from gpreg_datasets.options import TwoGaussiansOptions
from gpreg_datasets.two_gaussians import TwoGaussians

MEANS = {"first": [0.4, 0.9], "second": [1.3, 1.2]}
CORRELATIONS = {"first": 0.5, "second": 0.7}


def whole(data):
    return data.take(data.size, rng=torch.Generator()).samples.numpy()


@pytest.mark.parametrize("real", ["first", "second"])
def test_the_law(real):
    n = 200_000
    data = TwoGaussians(TwoGaussiansOptions(real=real, points=None)).open(Opening())
    x = data.take(n, rng=torch.Generator().manual_seed(0)).samples.double()
    assert x.mean(0).tolist() == pytest.approx(MEANS[real], abs=5 / math.sqrt(n))
    covariance = [[1.0, CORRELATIONS[real]], [CORRELATIONS[real], 1.0]]
    assert np.allclose(x.T.cov().numpy(), covariance, atol=5 * math.sqrt(2 / n))


@pytest.mark.parametrize(("real", "fake"), [("first", "second"), ("second", "first")])
def test_the_optimal_discriminator(real, fake):
    source = TwoGaussians(TwoGaussiansOptions(real=real))
    x = np.random.RandomState(1).uniform(-2.5, 4.5, (50, 2))
    p, q = (
        multivariate_normal(MEANS[side], [[1, CORRELATIONS[side]], [CORRELATIONS[side], 1]]).pdf(x)
        for side in (real, fake)
    )
    assert source.optimal_discriminator(torch.from_numpy(x)).numpy() == pytest.approx(p / (p + q), rel=1e-9)
    for points in (100, None):
        densities = TwoGaussians(TwoGaussiansOptions(real=real, points=points)).open(Opening()).densities
        assert densities.real(torch.from_numpy(x)).exp().numpy() == pytest.approx(p, rel=1e-9)
        assert densities.fake(torch.from_numpy(x)).exp().numpy() == pytest.approx(q, rel=1e-9)


def test_the_fixed_sample_is_that_of_the_papers_code():
    state = np.random.RandomState(0)
    drawn = [
        state.multivariate_normal(MEANS[side], [[1, CORRELATIONS[side]], [CORRELATIONS[side], 1]], 100).astype("f4")
        for side in ("first", "second")
    ]
    source = TwoGaussians(TwoGaussiansOptions())
    for points, expected in ((source.open(Opening()), drawn[0]), (source.opponent().open(Opening()), drawn[1])):
        assert np.array_equal(*(np.sort(array, axis=0) for array in (whole(points), expected)))


def test_splits_sides_and_seeds_share_no_numbers():
    sources = [TwoGaussians(TwoGaussiansOptions(real=side, seed=seed)) for side in MEANS for seed in (0, 1)]
    noise = [
        whole(source.open(Opening(split=split)))[:, 0] - source.real.mean[0]
        for source in sources
        for split in ("train", "test")
    ]
    assert len(np.unique(np.concatenate(noise).round(6))) == 800
    endless = [TwoGaussians(TwoGaussiansOptions(real=side, points=None)) for side in MEANS]
    first, second = (
        next(source.open(Opening()).stream(50, seed=0)).samples[:, 0] - source.real.mean[0] for source in endless
    )
    assert not torch.isclose(first, second, atol=1e-6).any()


def test_opponents_are_each_other():
    source = TwoGaussians(TwoGaussiansOptions())
    assert source.opponent().real is source.fake
    assert source.opponent().opponent().real is source.real

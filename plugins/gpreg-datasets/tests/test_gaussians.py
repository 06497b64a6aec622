import math

import pytest
import torch

from gpreg.interfaces import Opening
from gpreg_datasets.gaussians import EightGaussians, TwentyFiveGaussians
from gpreg_datasets.options import PlanarOptions

N = 200_000


def opened(source, convention, split="train"):
    return source(PlanarOptions(convention=convention)).open(Opening(split=split))


@pytest.mark.parametrize(("convention", "radius"), [("gulrajani", 1.41443), ("0gp", 7.07214)])
def test_eight_centres(convention, radius):
    modes = opened(EightGaussians, convention).modes
    assert modes.std == pytest.approx(0.0141443, rel=1e-5)
    assert modes.centres.norm(dim=1) == pytest.approx(torch.full((8,), radius).numpy(), rel=1e-5)
    angles = torch.atan2(*modes.centres.T).mul(4 / math.pi).sort().values
    assert torch.allclose(angles.diff(), torch.ones(7), atol=1e-5)
    assert torch.allclose(modes.centres[0], torch.tensor([radius, 0.0]))


@pytest.mark.parametrize(
    ("convention", "spacing", "std"), [("gulrajani", 0.707214, 0.0176803), ("0gp", 7.07214, 0.176803)]
)
def test_twenty_five_centres(convention, spacing, std):
    modes = opened(TwentyFiveGaussians, convention).modes
    assert modes.std == pytest.approx(std, rel=1e-5)
    ticks = torch.arange(-2.0, 3.0)
    expected = torch.cartesian_prod(ticks, ticks) * spacing
    assert torch.allclose(modes.centres, expected, rtol=1e-5)


@pytest.mark.parametrize("source", [EightGaussians, TwentyFiveGaussians])
@pytest.mark.parametrize("convention", ["gulrajani", "0gp"])
def test_the_law_is_the_declared_mixture(source, convention):
    data = opened(source, convention)
    x = data.take(N, rng=torch.Generator().manual_seed(0)).samples.double()
    centres, std = data.modes.centres.double(), data.modes.std
    nearest = torch.cdist(x, centres).argmin(1)
    k = len(centres)
    counts = nearest.bincount(minlength=k)
    # five standard deviations of a binomial count, of a mean, and of a variance
    assert (counts - N / k).abs().max() < 5 * math.sqrt(N / k)
    for mode in range(k):
        residuals = (x[nearest == mode] - centres[mode]) / std
        n = len(residuals)
        assert residuals.mean(0).abs().max() < 5 / math.sqrt(n)
        assert torch.allclose(residuals.T.cov(), torch.eye(2).double(), atol=5 * math.sqrt(2 / n))


def test_splits_are_drawn_from_different_random_numbers():
    train, test = (next(opened(EightGaussians, "gulrajani", split).stream(8, seed=0)) for split in ("train", "test"))
    assert not torch.isin(train.samples, test.samples).any()


def test_successive_batches_are_fresh():
    stream = opened(EightGaussians, "gulrajani").stream(64, seed=0)
    assert not torch.isin(next(stream).samples, next(stream).samples).any()

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from sklearn.datasets import make_swiss_roll

from gpreg.interfaces import Opening
from gpreg_datasets.options import PlanarOptions
from gpreg_datasets.swissroll import Spiral, SwissRoll

SCALES = [("gulrajani", 1 / 7.5), ("0gp", 10 / 7.5)]


@pytest.mark.parametrize(("convention", "scale"), SCALES)
def test_the_law_is_that_of_scikit_learn(convention, scale):
    n = 20_000
    data = SwissRoll(PlanarOptions(convention=convention)).open(Opening())
    ours = data.take(n, rng=torch.Generator().manual_seed(0)).samples.numpy()
    theirs = make_swiss_roll(n, noise=0.25, random_state=0)[0][:, [0, 2]] * scale
    for direction in ([1, 0], [0, 1], [1, 1], [1, -2]):
        assert ks_2samp(ours @ direction, theirs @ direction).pvalue > 0.01
    assert ks_2samp(np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1)).pvalue > 0.01


@pytest.mark.parametrize(("convention", "scale"), SCALES)
def test_exact_scale_and_noise(convention, scale):
    law = SwissRoll(PlanarOptions(convention=convention))._law
    assert law == Spiral(noise=0.25, scale=scale)
    n = 4096
    noisy, smooth = (Spiral(noise, scale).sample(n, torch.Generator().manual_seed(0)) for noise in (0.25, 0.0))
    radius = smooth.norm(dim=1) / scale
    assert 1.5 * np.pi <= radius.min() < 1.51 * np.pi
    assert 4.49 * np.pi < radius.max() <= 4.5 * np.pi * (1 + 1e-6)
    assert (noisy - smooth).std() / scale == pytest.approx(0.25, rel=0.05)

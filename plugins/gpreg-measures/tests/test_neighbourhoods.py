import pytest
from scipy import stats

import gpreg
from gpreg.errors import OptionError


def test_box_is_uniform(draw, pair):
    points = draw("box", {"low": -2, "high": 5}, real=pair[0]).points
    assert points.shape == pair[0].shape
    assert stats.kstest(points.flatten().numpy()[:20_000], stats.uniform(-2, 7).cdf).pvalue > 0.01


def test_empty_box_is_refused():
    with pytest.raises(OptionError, match="low must be below high"):
        gpreg.penalty("box", measure_options={"low": 1, "high": 1})


def test_gaussian_noise(draw, pair):
    real = pair[0]
    noise = draw("dragan", {"noise": "gaussian", "scale": 0.1}, real=real).points - real
    standard = noise / (0.1 * real.std(correction=0))
    assert stats.kstest(standard.flatten().numpy()[:20_000], "norm").pvalue > 0.01


def test_uniform_noise_is_a_fraction_of_half_a_deviation(draw, pair):
    real = pair[0]
    noise = ((draw("dragan", real=real).points - real) / (0.5 * real.std(correction=0))).flatten(1)
    assert noise.min() >= 0
    assert noise.max() <= 1
    # E[a u] = 1/4 and E[(a u)^2] = 1/9 for independent a, u ~ U(0, 1); a is shared by a sample's coordinates
    count = len(noise)
    assert abs(noise.mean() - 1 / 4) < 4 / count**0.5
    assert abs(noise.square().mean() - 1 / 9) < 4 / count**0.5
    product = (noise[:, 0] * noise[:, 1]).mean()
    assert abs(product - 1 / 12) < 4 / count**0.5, "E[a^2] E[u]^2 = 1/12 if a is shared, 1/16 if it is not"

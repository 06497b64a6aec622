import pytest
import torch
from gpreg_example.plugin import SkewedOptions
from gpreg_example.skewed import Skewed

from gpreg.interfaces import PenaltyBatch
from gpreg.testing import measure_checks


@pytest.mark.parametrize("check", measure_checks("skewed") + measure_checks("skewed", {"power": 0.5}), ids=str)
def test_conforms(check):
    check()


@pytest.mark.parametrize("power", [0.5, 1.0, 3.0])
def test_mean_position_on_the_chord(power):
    n = 20_000
    batch = PenaltyBatch(real=torch.ones(n, 1), fake=torch.zeros(n, 1), rng=torch.Generator().manual_seed(0))
    points = Skewed(SkewedOptions(power=power)).sample(batch).points
    assert abs(points.mean() - 1 / (power + 1)) < 4 / n**0.5  # E[u^k] = 1 / (k + 1)

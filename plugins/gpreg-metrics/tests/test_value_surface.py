import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from torch import nn

from gpreg.data import ArrayData
from gpreg.errors import GpregError, UsageError
from gpreg.interfaces import Densities
from gpreg_metrics.options import ValueSurfaceOptions
from gpreg_metrics.value_surface import ValueSurface

LAWS = {"real": multivariate_normal([0.4, 0.9], [[1, 0.5], [0.5, 1]]), "fake": multivariate_normal([1.3, 1.2])}
"""Of the densities here, by scipy."""


class Function(nn.Module):
    """A critic that is a function of the points, ``(B, 2) -> (B,)``."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


def log_density(law):
    return lambda x: torch.from_numpy(law.logpdf(x.double().numpy()))


def judged(critic, **options):
    data = ArrayData(torch.zeros(5, 2))
    data.densities = Densities(**{side: log_density(law) for side, law in LAWS.items()})
    return ValueSurface(ValueSurfaceOptions(**options)).judge(critic, data)


def test_the_best_critic_is_at_no_distance():
    best = Function(lambda x: log_density(LAWS["real"])(x) - log_density(LAWS["fake"])(x))
    assert judged(best).values == pytest.approx({"difference": 0, "difference_at_data": 0}, abs=1e-6)


@pytest.mark.parametrize("level", [-1.0, 0.0, 3.0])
def test_a_constant_critic_is_at_the_distance_of_its_constant(level):
    line = np.linspace(-2.5, 4.5, 100)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    real, fake = (LAWS[side].pdf(points) for side in ("real", "fake"))
    distance = np.abs(1 / (1 + np.exp(-level)) - real / (real + fake))
    expected = {"difference": distance.mean(), "difference_at_data": np.average(distance, weights=real + fake)}
    result = judged(Function(lambda x: torch.full((len(x), 1), level)))
    assert result.values == pytest.approx(expected, rel=1e-5)
    assert result.provenance["points"] == 10_000


def test_of_two_equal_laws_the_best_critic_is_undecided():
    data = ArrayData(torch.zeros(5, 2))
    data.densities = Densities(real=log_density(LAWS["real"]), fake=log_density(LAWS["real"]))
    metric = ValueSurface(ValueSurfaceOptions(resolution=7))
    values = metric.judge(Function(lambda x: 0 * x[:, 0]), data).values
    assert values == {"difference": 0.0, "difference_at_data": 0.0}


def test_what_it_cannot_score():
    metric = ValueSurface(ValueSurfaceOptions())
    with pytest.raises(UsageError, match="needs points in the plane whose density is known") as error:
        metric.judge(Function(torch.sum), ArrayData(torch.zeros(5, 2)))
    assert "two-gaussians" in error.value.remedy
    with pytest.raises(UsageError, match="scores a critic, and was given samples"):
        metric(torch.zeros(4, 2).split(2), ArrayData(torch.zeros(5, 2)))
    with pytest.raises(GpregError, match="not finite at 10000 of 10000 points"):
        judged(Function(lambda x: torch.full((len(x),), torch.nan)))

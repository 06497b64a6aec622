import pytest
import torch

from gpreg.errors import UsageError
from gpreg.interfaces import Opening, SampleSpec
from gpreg.testing import architecture_checks
from gpreg_datasets.given_fakes import GivenFakes
from gpreg_datasets.options import GivenFakesOptions, TwoGaussiansOptions
from gpreg_datasets.two_gaussians import TwoGaussians

PLANE = SampleSpec(shape=(2,))


@pytest.mark.parametrize("check", architecture_checks("given-fakes", {"points": 7}, shape=(2,)), ids=str)
def test_it_conforms(check):
    check()


@pytest.mark.parametrize("options", [{}, {"real": "second", "points": 7, "seed": 3}])
def test_the_fakes_are_the_points_of_the_dataset_s_opponent(options):
    generator = GivenFakes(GivenFakesOptions(**options)).generator(PLANE)
    source = TwoGaussians(TwoGaussiansOptions(**options)).opponent().open(Opening())
    points = source.take(source.size, rng=torch.Generator()).samples
    fakes = generator(torch.linspace(-1, 1, 2 * source.size)[:, None])
    assert {tuple(point) for point in fakes.tolist()} == {tuple(point) for point in points.tolist()}


def test_each_point_is_drawn_as_often_as_any_other():
    generator = GivenFakes(GivenFakesOptions(points=4)).generator(PLANE)
    fakes = generator(generator.draw_latent(40_000, torch.Generator().manual_seed(0)))
    counts = fakes.unique(dim=0, return_counts=True)[1]
    assert counts.tolist() == pytest.approx([10_000] * 4, abs=5 * (40_000 * 0.25 * 0.75) ** 0.5)


def test_no_step_moves_them():
    generator = GivenFakes(GivenFakesOptions(points=4)).generator(PLANE)
    before = generator.get_buffer("points").clone()
    optimiser = torch.optim.Adam(generator.parameters(), lr=1.0)
    z = torch.linspace(-1, 1, 8)[:, None]
    generator(z).square().sum().backward()
    optimiser.step()
    assert torch.equal(generator(z).unique(dim=0), before.unique(dim=0))


def test_other_samples_are_refused():
    with pytest.raises(UsageError, match=r"for points in the plane, not samples of shape \(1, 8, 8\)") as error:
        GivenFakes(GivenFakesOptions()).critic(SampleSpec(shape=(1, 8, 8)))
    assert "two-gaussians" in error.value.remedy

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

import gpreg
from gpreg.errors import OptionError, UsageError
from gpreg.interfaces import GaussianModes, Opening
from gpreg.recipe import load

CENTRES = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
MODES = GaussianModes(centres=CENTRES, std=1.0)


@pytest.fixture
def data(cloud):
    return cloud(CENTRES, MODES)


def score(data, *batches, **options):
    return gpreg.load_registry().build("metric", "modes", options)(batches, data)


def test_a_case_worked_out_by_hand(data):
    # Distances: 0 and 2.99 from the first centre, 3.01 from the second, 5 from the first.
    samples = torch.tensor([[0.0, 0.0], [0.0, -2.99], [13.01, 0.0], [3.0, 4.0]])
    assert score(data, samples).values == {"balanced_share": 1 / 3, "modes": 1.0, "high_quality_share": 0.5}
    assert score(data, samples, threshold=2).values["modes"] == 1.0
    assert score(data, samples, threshold=3).values["modes"] == 0.0


def test_distance_is_euclidean_and_not_per_coordinate(data):
    inside_every_coordinate = torch.tensor([[2.5, 2.5]])  # at distance 3.54
    assert score(data, inside_every_coordinate).values["high_quality_share"] == 0.0


def test_a_sample_counts_for_its_nearest_mode_alone(cloud):
    near = cloud(CENTRES, GaussianModes(centres=torch.tensor([[0.0, 0.0], [2.0, 0.0]]), std=1.0))
    result = score(near, torch.tensor([[0.9, 0.0]]))  # within 3 std of both
    assert result.values == {"balanced_share": 0.5, "modes": 1.0, "high_quality_share": 1.0}


def test_the_mixture_itself_has_the_chi_distributions_share(data):
    rng = torch.Generator().manual_seed(0)
    n = 60_000
    samples = CENTRES[torch.arange(n) % 3] + torch.randn(n, 2, generator=rng)
    result = score(data, *samples.split(7_000))
    share = 1 - math.exp(-4.5)
    assert result.values["modes"] == 3
    assert abs(result.values["high_quality_share"] - share) < 4 * math.sqrt(share * (1 - share) / n)


def test_centres_far_from_the_origin_are_told_apart_in_float32(cloud):
    rng = torch.Generator().manual_seed(0)
    centres = 5_000 + torch.rand(100, 2, generator=rng) * 100
    far = cloud(centres, GaussianModes(centres=centres, std=0.01))
    assert score(far, centres).values == {"balanced_share": 1.0, "modes": 100.0, "high_quality_share": 1.0}


@given(seed=st.integers(0, 2**31), parts=st.integers(1, 12))
def test_neither_order_nor_batching_matters(cloud, seed, parts):
    rng = torch.Generator().manual_seed(seed)
    samples = torch.randn(50, 2, generator=rng) * 6 + 3
    shuffled = samples[torch.randperm(50, generator=rng)]
    mixture = cloud(CENTRES, MODES)
    assert score(mixture, samples) == score(mixture, *shuffled.chunk(parts))


def test_a_sample_that_is_not_finite_is_of_low_quality(data):
    samples = torch.tensor([[0.0, 0.0], [math.nan, 0.0], [math.inf, 0.0], [0.0, -math.inf]])
    assert score(data, samples).values == {"balanced_share": 0.25, "modes": 1.0, "high_quality_share": 0.25}


def test_provenance_says_what_was_counted(data):
    provenance = score(data, CENTRES, threshold=2).provenance
    assert provenance["samples"] == 3
    assert provenance["modes"] == 3
    assert provenance["std"] == 1.0
    assert "< 3 std" in provenance["high quality"]
    assert "at least 2" in provenance["covered"]


@given(counts=st.lists(st.integers(0, 200), min_size=3, max_size=3), bad=st.integers(0, 200))
def test_a_mode_is_covered_from_a_tenth_of_its_share_on(cloud, counts, bad):
    total = sum(counts) + bad
    assume(total)
    samples = torch.cat([CENTRES.repeat_interleave(torch.tensor(counts), dim=0), torch.full((bad, 2), 50.0)])
    result = score(cloud(CENTRES, MODES), samples)
    assert result.values["modes"] == sum(count >= max(1, total / 30) for count in counts)
    assert result.provenance["threshold"] == max(1, math.ceil(total / 30))
    apart = sum(abs(count / total - 1 / 3) for count in counts) + bad / total
    assert result.values["balanced_share"] == pytest.approx(1 - apart / 2)
    assert "1/10 of a mode's share" in result.provenance["covered"]


def test_one_sample_in_ten_thousand_covers_nothing(data):
    samples = torch.cat([CENTRES, torch.full((9_997, 2), 50.0)])
    assert score(data, samples).values["modes"] == 0
    assert score(data, samples, threshold=1).values["modes"] == 3


def test_one_mode_alone_is_good_and_not_balanced(data):
    values = score(data, CENTRES[:1].expand(300, 2)).values
    assert values["high_quality_share"] == 1
    assert values["balanced_share"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("recipe", ["plane", "kim-8gaussians", "kim-25gaussians"])
@pytest.mark.parametrize("seed", range(3))
def test_an_untrained_generator_covers_next_to_nothing(recipe, seed):
    registry = gpreg.load_registry()
    chosen = load(recipe, registry)
    mixture = registry.build("dataset", chosen.dataset.name, chosen.dataset.options).open(Opening())
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        architecture = registry.build("architecture", chosen.architecture.name, chosen.architecture.options)
        generator = architecture.generator(mixture.spec)
    with torch.no_grad():
        samples = generator(generator.draw_latent(10_000, torch.Generator().manual_seed(1)))
    values = score(mixture, samples).values
    assert values["modes"] <= 2
    assert values["balanced_share"] < 0.03
    assert score(mixture, samples, threshold=1).values["modes"] > values["modes"]


def test_data_without_modes_are_refused(cloud):
    with pytest.raises(UsageError, match="8gaussians"):
        score(cloud(CENTRES), CENTRES)


def test_samples_of_another_shape_are_refused(data):
    with pytest.raises(UsageError, match=r"shape \(3,\) for data of shape \(2,\)"):
        score(data, torch.zeros(4, 3))


@pytest.mark.parametrize("batches", [(), (torch.zeros(0, 2),)], ids=["no batch", "empty batch"])
def test_no_samples_are_refused(data, batches):
    with pytest.raises(UsageError, match="no samples"):
        score(data, *batches)


def test_a_threshold_below_one_is_refused(data):
    with pytest.raises(OptionError, match=">= 1"):
        score(data, CENTRES, threshold=0)

import pytest
import torch
from scipy import stats

import gpreg
from gpreg.errors import OptionError, UsageError
from gpreg.interfaces import PenaltyBatch
from gpreg_measures.anchored import Anchored
from gpreg_measures.options import AnchorOptions


def anchor_of(samples, **options):
    measure = Anchored(AnchorOptions(**options))
    measure.prepare(PenaltyBatch(fake=samples, rng=torch.Generator()))
    return measure.anchor


def test_points_are_uniform_between_anchor_and_fake(draw):
    fake = torch.randn(2000, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    points = draw("g-anc", fake=fake).points
    anchor = torch.tensor([2.0, -1.0], dtype=torch.float64)
    a = (points - fake) / (anchor - fake)
    torch.testing.assert_close(a[:, 0], a[:, 1])
    assert stats.kstest(a[:, 0].numpy(), "uniform").pvalue > 0.01


def test_the_papers_anchors():
    assert anchor_of(torch.zeros(3, 2)).tolist() == [2.0, -1.0]
    assert torch.equal(anchor_of(torch.zeros(3, 1, 28, 28)), torch.full((1, 28, 28), 0.5))
    assert torch.equal(anchor_of(-torch.ones(3, 1, 28, 28)), torch.zeros(1, 28, 28))
    pixels = anchor_of(-torch.ones(3, 3, 32, 32))
    assert pixels.shape == (3, 32, 32)
    assert stats.kstest(pixels.flatten().numpy(), stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_random_pixels_are_fixed_by_the_seed_and_leave_the_global_state_alone():
    before = torch.get_rng_state()
    images = torch.zeros(3, 3, 8, 8)
    assert torch.equal(anchor_of(images), anchor_of(images))
    assert not torch.equal(anchor_of(images), anchor_of(images, seed=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_point_of_another_dimension_is_refused():
    with pytest.raises(UsageError, match=r"2 coordinates, but samples have shape \(3,\)"):
        anchor_of(torch.zeros(4, 3))


def test_unknown_anchor_is_refused_with_the_choices():
    with pytest.raises(OptionError, match="'auto', 'point', 'grey', 'pixels'"):
        gpreg.penalty("g-anc", measure_options={"anchor": "gray pixels"})


def test_anchor_is_saved_with_the_penalty():
    critic = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 1))
    fake = torch.zeros(2, 3, 2, 2)
    saved = gpreg.penalty("g-anc", measure_options={"seed": 4})
    saved(critic, fake=fake)
    other = gpreg.penalty("g-anc", measure_options={"seed": 5})
    other.prepare(other.batch(critic, None, fake))
    other.load_state_dict(saved.state_dict())
    assert torch.equal(other.measure.anchor, saved.measure.anchor)
    other(critic, fake=fake)
    assert torch.equal(other.measure.anchor, saved.measure.anchor)

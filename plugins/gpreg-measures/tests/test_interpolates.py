import pytest
import torch
from scipy import stats


def position(points, start, end):
    """The a of each point in a * end + (1 - a) * start, and how far off that segment the point is."""
    chord, step = (end - start).flatten(1), (points - start).flatten(1)
    a = (chord * step).sum(1) / chord.square().sum(1)
    return a, (step - a[:, None] * chord).abs().max()


def test_midpoint(draw, pair):
    real, fake = pair
    torch.testing.assert_close(draw("mid", real=real, fake=fake).points, (real + fake) / 2, rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", ["gp", "wgan-gp"])
def test_segment_points_are_uniform_on_each_chord(draw, pair, name):
    real, fake = pair
    a, off = position(draw(name, real=real, fake=fake).points, fake, real)
    assert off < 1e-12
    assert stats.kstest(a.numpy(), "uniform").pvalue > 0.01


def test_one_number_a_sample_not_one_a_coordinate(draw):
    points = draw("gp", real=torch.ones(50, 3, 4, 4), fake=torch.zeros(50, 3, 4, 4)).points.flatten(1)
    assert torch.equal(points.amin(1), points.amax(1))
    assert points[:, 0].unique().numel() == 50


def test_pairs_carry_the_labels_of_the_real_batch(draw):
    labels = torch.tensor([4, 2])
    for name in ("gp", "mid"):
        assert torch.equal(draw(name, real=torch.zeros(2, 2), fake=torch.ones(2, 2), labels=labels).labels, labels)

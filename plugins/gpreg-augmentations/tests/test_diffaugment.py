"""Each change of DiffAugment, in closed form and by its distribution."""

import math

import pytest
import torch

from gpreg import load_registry
from gpreg.interfaces import SampleSpec

COUNT = 4000


def changed(x, policy, value_range=(-1.0, 1.0), seed=0):
    augmentation = load_registry().build("augmentation", "diffaugment", {"policy": policy})
    augmentation.prepare(SampleSpec(shape=tuple(x.shape[1:]), value_range=value_range))
    return augmentation(x, torch.Generator().manual_seed(seed))


def image(channels=3):
    x = torch.rand(1, channels, 6, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 2 - 1
    return x.expand(COUNT, -1, -1, -1)


def uniform(values, low, high):
    """Within bounds, with mean and variance of U(low, high)."""
    assert values.min() >= low
    assert values.max() <= high
    std = (high - low) / math.sqrt(12)
    assert abs(float(values.mean()) - (low + high) / 2) < 4 * std / math.sqrt(len(values))
    assert abs(float(values.std()) / std - 1) < 4 / math.sqrt(len(values))


def parts(x):
    """Mean of the image, what pixels' greys deviate from it, and what colours deviate from grey."""
    mean, grey = x.mean((1, 2, 3), keepdim=True), x.mean(1, keepdim=True)
    return mean.flatten(), grey - mean, x - grey


def ratio(found, given):
    """The factor between two parts, if there is one."""
    factor = (found * given).flatten(1).sum(1) / given.square().flatten(1).sum(1)
    assert torch.allclose(found, factor.view(-1, 1, 1, 1) * given, atol=1e-12)
    return factor


@pytest.mark.parametrize("channels", [1, 3])
def test_color_moves_the_mean_scales_the_deviations_and_the_colours(channels):
    x = image(channels)
    (mean, light, colour), (mean_, light_, colour_) = parts(x), parts(changed(x, ("color",)))
    uniform(mean_ - mean, -0.5, 0.5)
    contrast = ratio(light_, light)
    uniform(contrast, 0.5, 1.5)
    if channels == 3:
        saturation = ratio(colour_, colour) / contrast
        uniform(saturation, 0, 2)
        together = torch.corrcoef(torch.stack([mean_, contrast, saturation])) - torch.eye(3)
        assert together.abs().max() < 4 / math.sqrt(COUNT)


def test_in_another_range_it_is_the_same_change_of_the_same_image():
    x, policy = image()[:50], ("color", "translation", "cutout")
    found = changed((x + 1) * 127.5, policy, (0.0, 255.0)) / 127.5 - 1
    assert torch.allclose(found, changed(x, policy), atol=1e-12)


def test_translation_reaches_an_eighth_of_the_sides_and_fills_with_zeros():
    x = torch.ones(COUNT, 1, 16, 24)
    seen = changed(x, ("translation",))[:, 0]
    rows, columns = seen.any(2).sum(1), seen.any(1).sum(1)
    assert rows.min() == 14
    assert columns.min() == 21
    assert abs(float((rows == 16).float().mean()) - 1 / 5) < 0.03  # shifts from -2 to 2
    assert abs(float((columns == 24).float().mean()) - 1 / 7) < 0.03


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 7)])
def test_cutout_is_a_rectangle_of_half_the_sides_clipped_at_the_border(height, width):
    cut = changed(torch.ones(COUNT, 1, height, width), ("cutout",))[:, 0] == 0
    rows, columns = cut.any(2), cut.any(1)
    assert torch.equal(cut, rows[:, :, None] & columns[:, None, :])
    for inside, size in ((rows, height), (columns, width)):
        length = int(size / 2 + 0.5)
        places = size + 1 - length % 2
        starts = torch.arange(places) - length // 2
        expected = ((starts[:, None] <= torch.arange(size)) & (torch.arange(size) < starts[:, None] + length)).double()
        assert inside.sum(1).max() == length
        assert (inside.double().mean(0) - expected.mean(0)).abs().max() < 4 * 0.5 / math.sqrt(COUNT)


def test_the_policy_decides_what_is_changed_and_in_which_order():
    x = image()[:20]
    first, second = changed(x, ("cutout", "color")), changed(x, ("color", "cutout"))
    assert (second == 0).flatten(1).any(1).all()
    assert not (first == 0).any()  # what was cut out is brighter or darker afterwards

"""Each transformation of colour, against matrices in homogeneous coordinates."""

import math

import numpy as np
import pytest
import torch

from gpreg_augmentations.colour import Colour, recoloured
from gpreg_augmentations.draws import Draws
from gpreg_augmentations.options import TRANSFORMATIONS

NAMES = TRANSFORMATIONS["colour"]
GREY = np.append(np.ones(3) / math.sqrt(3), 0)


class Known:
    """Draws whose outcome is known, for two images."""

    def uniform(self, low=0.0, high=1.0):
        return low + torch.tensor([0.8, 0.3], dtype=torch.float64) * (high - low)

    def normal(self):
        return torch.tensor([1.5, -0.7], dtype=torch.float64)

    def whole(self, low, high):
        return torch.tensor([high, low])

    def chosen(self, probability):
        return torch.full((2,), bool(probability > 0))


def rotation(angle):
    """About grey, by the matrix exponential of its cross product."""
    across = np.zeros((4, 4))
    across[:3, :3] = np.cross(np.eye(3), -GREY[:3]).T
    term, total = np.eye(4), np.eye(4)
    for k in range(1, 40):
        term = term @ across * angle / k
        total = total + term
    return total


def matrices(number):
    """What each does to ``(red, green, blue, 1)``."""
    normal, share, whole = ([1.5, -0.7][number], [0.8, 0.3][number], [1, 0][number])
    bright = np.eye(4)
    bright[:3, 3] = 0.2 * normal
    outer = np.outer(GREY, GREY)
    saturated = outer + (np.eye(4) - outer) * np.append(np.full(3, 2.0**normal), 1)
    return {
        "brightness": bright,
        "contrast": np.diag([2 ** (0.5 * normal)] * 3 + [1]),
        "lumaflip": np.eye(4) - 2 * outer * whole,
        "hue": rotation((2 * share - 1) * math.pi),
        "saturation": saturated,
    }


def changed(x, names, middle=0.0, unit=1.0):
    colour = Colour({name: float(name in names) for name in NAMES})
    matrix, added = colour.draw(Known(), torch.ones((), dtype=x.dtype), x.shape[1])
    return recoloured(x, matrix, added, middle=middle, unit=unit)


def pixels(channels):
    return torch.rand(2, channels, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


@pytest.mark.parametrize("names", [*[(name,) for name in NAMES], NAMES], ids="+".join)
def test_of_three_channels_it_is_the_product_of_the_matrices(names):
    x = pixels(3)
    for number, (image, found) in enumerate(zip(x.numpy(), changed(x, names).numpy(), strict=True)):
        matrix = np.eye(4)
        for name in names:
            matrix = matrices(number)[name] @ matrix
        homogeneous = np.concatenate([image.reshape(3, -1), np.ones((1, 16))])
        assert np.allclose((matrix @ homogeneous)[:3].reshape(3, 4, 4), found, atol=1e-12)


def test_of_one_channel_the_rows_are_averaged_without_hue_and_saturation():
    x = pixels(1)
    for number, (image, found) in enumerate(zip(x.numpy(), changed(x, NAMES).numpy(), strict=True)):
        of = matrices(number)
        rows = (of["lumaflip"] @ of["contrast"] @ of["brightness"])[:3].mean(0)
        assert np.allclose(rows[:3].sum() * image + rows[3], found, atol=1e-12)


def test_of_two_channels_there_is_saturation_and_no_hue():
    x = pixels(2)
    assert torch.equal(changed(x, ("hue",)), x)
    grey = x.mean(1, keepdim=True)
    factor = torch.tensor([2**1.5, 2**-0.7], dtype=x.dtype).view(2, 1, 1, 1)
    assert torch.allclose(changed(x, ("saturation",)), grey + factor * (x - grey))


@pytest.mark.parametrize("channels", [1, 3])
def test_in_another_range_it_is_the_same_change_of_the_same_image(channels):
    x = pixels(channels)
    found = changed((x + 1) / 2 * 255, NAMES, middle=127.5, unit=127.5)
    assert torch.allclose(found / 127.5 - 1, changed(x, NAMES), atol=1e-12)


@pytest.mark.parametrize(("name", "visible"), list(zip(NAMES, (1, 1, 0.5, 1, 1), strict=True)))
def test_it_is_switched_on_as_often_as_asked(name, visible):
    count = 20_000
    draws = Draws(torch.zeros(count, 1), torch.Generator().manual_seed(0))
    matrix, added = Colour({each: 0.6 * (each == name) for each in NAMES}).draw(draws, torch.tensor(0.5), 3)
    changed = (matrix != torch.eye(3)).flatten(1).any(1) | (added != 0)
    assert abs(float(changed.float().mean()) - 0.3 * visible) < 4 * 0.46 / math.sqrt(count)


def test_the_numbers_are_those_of_the_publication():
    count = 20_000
    draws = Draws(torch.zeros(count, 1, dtype=torch.float64), torch.Generator().manual_seed(0))
    one = torch.ones((), dtype=torch.float64)
    alone = dict.fromkeys(NAMES, 0.0)
    added = Colour(alone | {"brightness": 1.0}).draw(draws, one, 1)[1]
    contrast = Colour(alone | {"contrast": 1.0}).draw(draws, one, 1)[0].flatten().log2()
    saturation = Colour(alone | {"saturation": 1.0}).draw(draws, one, 3)[0]
    ratio = torch.linalg.eigvalsh(saturation)
    exponent = torch.where(ratio[:, 2] > 1 + 1e-9, ratio[:, 2], ratio[:, 0]).log2()
    for values, std in ((added, 0.2), (contrast, 0.5), (exponent, 1.0)):
        assert abs(float(values.mean())) < 4 * std / math.sqrt(count)
        assert abs(float(values.std()) / std - 1) < 4 / math.sqrt(2 * count)

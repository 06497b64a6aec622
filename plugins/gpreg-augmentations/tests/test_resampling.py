"""The affine map, against the pipeline written out with scipy: reflect, up, look up, down."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from scipy.signal import upfirdn

from gpreg_augmentations.affine import product, rotation, scaling, translation
from gpreg_augmentations.draws import Draws
from gpreg_augmentations.geometry import Geometry
from gpreg_augmentations.options import AdaOptions
from gpreg_augmentations.resampling import Resampling, look_up
from gpreg_augmentations.shift import shifted
from gpreg_augmentations.wavelet import LOW_PASS

ONE = torch.ones(1, dtype=torch.float64)
FILTER = np.array(LOW_PASS)


def pictures(count, height, width):
    return torch.rand(count, 2, height, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


def move(x, inverse):
    return Resampling(*x.shape[2:])(x, inverse.expand(len(x), 3, 3))


def borders(inverse, height, width):
    """Just large enough: the largest displacement of a corner over the border, plus 6 pixels, at most size - 1."""
    right, down = (width - 1) / 2, (height - 1) / 2
    corners = inverse[:, :2] @ np.array([[x, y, 1] for x in (-right, right) for y in (-down, down)]).T
    beyond = np.abs(corners).max((0, 2)) - [right, down] + 6
    columns, rows = np.ceil(np.clip(beyond, 0, [width - 1, height - 1])).astype(int)
    return rows, columns


def reference(image, inverse, rows, columns):
    """One channel; fine pixels are half as large as pixels, and both grids have the same centre."""
    height, width = image.shape
    padded = np.pad(image, [(rows, rows), (columns, columns)], mode="reflect")
    for axis in (0, 1):
        padded = upfirdn(2 * FILTER, padded, up=2, axis=axis).take(range(5, 5 + 2 * padded.shape[axis]), axis)
    asked = [np.arange(2 * size + 12) - (2 * size + 11) / 2 for size in (height, width)]
    down, right = np.meshgrid(*asked, indexing="ij")
    # the filter's centre is half a fine pixel off the middle between its taps, on both sides of the map
    points = np.stack([(right + 0.5) / 2, (down + 0.5) / 2, np.ones_like(right)])
    found = 2 * np.tensordot(inverse[:2], points, 1) - 0.5
    places = [found[1] + (padded.shape[0] - 1) / 2, found[0] + (padded.shape[1] - 1) / 2]
    fine = map_coordinates(padded, places, order=1, mode="grid-constant", cval=0.0)
    for axis, size in ((0, height), (1, width)):
        fine = upfirdn(FILTER[::-1], fine, axis=axis).take(range(12, 12 + 2 * size, 2), axis)
    return fine


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 6)])
def test_it_is_the_pipeline_of_ada(height, width):
    x = pictures(6, height, width)
    draws = Draws(x, torch.Generator().manual_seed(1))
    inverse = Geometry(AdaOptions().multipliers).draw(draws, torch.ones((), dtype=x.dtype), height, width)
    moved, rows, columns = Resampling(height, width)(x, inverse), height - 1, width - 1
    for image, result, matrix in zip(x.numpy(), moved.numpy(), inverse.numpy(), strict=True):
        for channel, one in zip(image, result, strict=True):
            assert np.allclose(reference(channel, matrix, rows, columns), one, atol=1e-6)


def test_a_border_that_is_just_large_enough_would_give_the_same():
    x = pictures(3, 24, 20)
    angle = torch.tensor([0.0, 0.1, -0.2], dtype=torch.float64)
    inverse = product(rotation(angle.cos(), angle.sin()), translation(torch.arange(3) * 0.7 * ONE, 0.3 * angle))
    rows, columns = borders(inverse.numpy(), 24, 20)
    assert rows < 23
    assert columns < 19
    moved = Resampling(24, 20)(x, inverse)
    for image, result, matrix in zip(x.numpy(), moved.numpy(), inverse.numpy(), strict=True):
        assert np.allclose(reference(image[0], matrix, rows, columns), result[0], atol=1e-6)


def test_up_and_down_are_together_the_identity():
    x = pictures(2, 7, 10)
    assert torch.allclose(move(x, torch.eye(3, dtype=torch.float64)), x, atol=1e-6)


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, -3), (-4, 1)])
def test_a_shift_by_whole_pixels_is_exact_with_reflection(right, down):
    x = pictures(2, 9, 8)
    expected = shifted(x, torch.tensor([down] * 2), torch.tensor([right] * 2), fill="reflect", value=0.0)
    assert torch.allclose(move(x, translation(-right * ONE, -down * ONE)), expected, atol=1e-6)


TURNS = {
    "flip": (scaling(-ONE, ONE), lambda x: x.flip(3)),
    "quarter": (rotation(0 * ONE, ONE), lambda x: x.rot90(1, (2, 3))),
    "half": (rotation(-ONE, 0 * ONE), lambda x: x.rot90(2, (2, 3))),
    "three quarters": (rotation(0 * ONE, -ONE), lambda x: x.rot90(3, (2, 3))),
}


@pytest.mark.parametrize("name", TURNS)
def test_flips_and_quarter_turns_are_those_of_smooth_images(name):
    """They are exact but for the filter, which is not symmetric: a turned image is off by a tenth of a pixel."""
    matrix, turned = TURNS[name]
    u = torch.arange(32, dtype=torch.float64) - 15.5
    x = (torch.sin(u / 6)[:, None] * torch.cos(u / 9 + 1))[None, None]
    assert float((move(x, matrix) - turned(x)).abs().max()) < 0.1 / 6 * 1.5


def test_a_flip_leaves_most_of_a_pixel_where_it_belongs():
    x = torch.zeros(1, 1, 31, 31, dtype=torch.float64)
    x[..., 15, 15] = 1
    assert abs(float(move(x, TURNS["flip"][0])[..., 15, 15]) - 0.965) < 1e-3


def test_places_are_found_in_images_with_more_pixels_than_float32_can_count():
    height, width = 8200, 2100
    fine = (torch.arange(height * width) % 1009).float().view(1, 1, height, width)
    row, column = torch.tensor([[[8198.0, 8199.0]]]), torch.tensor([[[2097.0, 2099.0]]])
    found = look_up(fine, row, column)
    assert torch.equal(found[0, 0, 0], fine[0, 0, [8198, 8199], [2097, 2099]])


@pytest.mark.parametrize("angle", [0.3, math.pi / 3])
def test_a_rotated_and_scaled_wave_is_the_wave_of_rotated_coordinates(angle):
    u = torch.arange(32, dtype=torch.float64) - 15.5

    def wave(right, down):
        return torch.sin(right / 5 + 0.3) * torch.cos(down / 7)

    x = wave(u, u[:, None])[None, None]
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = product(rotation(cos * ONE, sin * ONE), scaling(0.8 * ONE, 1.1 * ONE))
    right, down = (0.8 * cos * u - 1.1 * sin * u[:, None], 0.8 * sin * u + 1.1 * cos * u[:, None])
    inside = (right.abs() < 12) & (down.abs() < 12)
    assert float((move(x, matrix)[0, 0] - wave(right, down))[inside].abs().max()) < 0.015

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.pictures import grid, to_unit
from gpreg.pictures.grid import pixels


@given(
    n=st.integers(1, 12),
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    columns=st.integers(1, 5),
    pad=st.integers(0, 3),
    scale=st.integers(1, 4),
)
def test_each_image_is_at_its_place_and_the_rest_is_white(n, channels, height, width, columns, pad, scale):
    levels = [20 * k for k in range(1, n + 1)]
    images = (torch.tensor(levels) / 255).view(n, 1, 1, 1).expand(n, channels, height, width)
    picture = grid(images, columns, pad=pad, scale=scale)
    columns = min(columns, n)
    rows = -(-n // columns)
    assert picture.dtype == np.uint8
    assert picture.shape == (pad + rows * (height * scale + pad), pad + columns * (width * scale + pad), 3)
    expected = np.full_like(picture, 255)
    for k, level in enumerate(levels):
        top = pad + k // columns * (height * scale + pad)
        left = pad + k % columns * (width * scale + pad)
        expected[top : top + height * scale, left : left + width * scale] = level
    np.testing.assert_array_equal(picture, expected)


def test_colours_and_orientation_are_kept():
    image = torch.zeros(1, 3, 2, 3)
    image[0, 0, 0, 2] = 1  # red at the top right
    image[0, 2, 1, 0] = 1  # blue at the bottom left
    picture = grid(image, pad=0, scale=2)
    assert picture.shape == (4, 6, 3)
    assert picture[:2, 4:].reshape(-1, 3).tolist() == [[255, 0, 0]] * 4
    assert picture[2:, :2].reshape(-1, 3).tolist() == [[0, 0, 255]] * 4
    assert picture.sum() == 8 * 255


@pytest.mark.parametrize(("size", "factor"), [(8, 8), (28, 2), (32, 2), (64, 1), (256, 1)])
def test_small_images_are_enlarged_by_a_whole_factor(size, factor):
    assert grid(torch.rand(1, 1, size, size), pad=0).shape == (size * factor, size * factor, 3)


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (4, 2), (6, 3), (10, 4), (64, 8)])
def test_default_is_nearly_square(n, columns):
    assert grid(torch.rand(n, 1, 1, 1), pad=0, scale=1).shape == (-(-n // columns), columns, 3)


def test_values_outside_are_clipped_and_pixels_that_are_not_finite_are_red():
    images = torch.tensor([-1.0, 2.0, float("nan"), float("inf")]).view(1, 1, 1, 4)
    assert pixels(images)[0, 0].tolist() == [[0, 0, 0], [255, 255, 255], [208, 59, 59], [208, 59, 59]]


@pytest.mark.parametrize("shape", [(2, 2, 4, 4), (3, 4, 4), (0, 1, 4, 4), (2, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(UsageError, match="expected"):
        grid(torch.zeros(shape))


@pytest.mark.parametrize("options", [{"columns": 0}, {"scale": 0}, {"pad": -1}])
def test_impossible_layouts_are_refused(options):
    with pytest.raises(UsageError, match="must be >="):
        grid(torch.zeros(2, 1, 2, 2), **options)


def test_to_unit_maps_the_ends_of_a_range():
    images = torch.tensor([-2.0, -1.0, 0.0, 1.0, 3.0])
    assert to_unit(images, (-1, 1)).tolist() == [0, 0, 0.5, 1, 1]


def test_to_unit_without_a_range_takes_what_the_batch_spans():
    assert to_unit(torch.tensor([2.0, 3.0, 6.0]), None).tolist() == [0, 0.25, 1]
    assert to_unit(torch.full((3,), 7.0), None).tolist() == [0, 0, 0]
    assert to_unit(torch.tensor([0.0, 4.0, float("nan")]), None)[:2].tolist() == [0, 1]
    assert to_unit(torch.full((2,), float("nan")), None).isnan().all()

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from gpreg_architectures.padding import Crop, SameConv2d, SameConvTranspose2d, same_padding


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (28, 5, 2, (1, 2)),
        (32, 5, 2, (1, 2)),
        (14, 5, 2, (1, 2)),
        (7, 5, 2, (2, 2)),
        (32, 3, 1, (1, 1)),
        (4, 1, 2, (0, 0)),
    ],
)
def test_padding_of_the_recipes_sizes(size, kernel, stride, expected):
    assert same_padding(size, kernel, stride) == expected


@given(size=st.integers(1, 200), kernel=st.integers(1, 9), stride=st.integers(1, 5))
def test_padding_gives_the_ceiling_and_the_odd_pixel_to_the_end(size, kernel, stride):
    before, after = same_padding(size, kernel, stride)
    assert (size + before + after - kernel) // stride + 1 == -(-size // stride)
    assert after - before in (0, 1)


@pytest.mark.parametrize(("size", "padding"), [(28, (1, 2)), (7, (2, 2))])
def test_convolution_equals_an_explicitly_padded_one(size, padding):
    layer = SameConv2d(3, 4, kernel=5, stride=2).double()
    x = torch.randn(2, 3, size, size, dtype=torch.float64)
    torch.testing.assert_close(layer(x), F.conv2d(F.pad(x, padding * 2), layer.weight, layer.bias, stride=2))


def test_convolution_pads_each_axis_by_its_own_size():
    layer = SameConv2d(1, 1, kernel=5, stride=2)
    x = torch.randn(1, 1, 7, 8)
    torch.testing.assert_close(layer(x), F.conv2d(F.pad(x, (1, 2, 2, 2)), layer.weight, layer.bias, stride=2))


def test_first_window_starts_one_pixel_before_the_image():
    layer = SameConv2d(1, 1, kernel=5, stride=2)
    with torch.no_grad():
        layer.weight.zero_()[0, 0, 1, 1] = 1
        layer.bias.zero_()
    x = torch.arange(64.0).reshape(1, 1, 8, 8)
    torch.testing.assert_close(layer(x), x[..., ::2, ::2])


@pytest.mark.parametrize(("height", "width"), [(8, 8), (14, 6), (2, 4)])
def test_transposed_convolution_is_the_adjoint(height, width):
    convolution = SameConv2d(3, 4, kernel=5, stride=2).double()
    transposed = SameConvTranspose2d(4, 3, kernel=5, stride=2).double()
    with torch.no_grad():
        convolution.bias.zero_()
        transposed.bias.zero_()
        transposed.weight.copy_(convolution.weight)
    x = torch.randn(2, 3, height, width, dtype=torch.float64)
    y = torch.randn(2, 4, height // 2, width // 2, dtype=torch.float64)
    assert transposed(y).shape == x.shape
    torch.testing.assert_close((convolution(x) * y).sum(), (x * transposed(y)).sum(), rtol=1e-12, atol=1e-12)


def test_transposed_convolution_crops_one_before_and_two_after():
    layer = SameConvTranspose2d(2, 3, kernel=5, stride=2)
    y = torch.randn(1, 2, 4, 4)
    full = F.conv_transpose2d(y, layer.weight, layer.bias, stride=2)
    assert full.shape[-2:] == (11, 11)
    torch.testing.assert_close(layer(y), full[..., 1:-2, 1:-2])


def test_crop_keeps_the_first_rows_and_columns():
    x = torch.arange(64.0).reshape(1, 1, 8, 8)
    assert torch.equal(Crop((7, 6))(x), x[..., :7, :6])

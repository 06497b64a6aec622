import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.data.pixels import scale_pixels

BYTES = torch.arange(256, dtype=torch.uint8)
floats = st.floats(-1e3, 1e3, width=32)


@settings(deadline=None)
@given(st.tuples(floats, floats))
def test_both_ends_are_exact_and_the_order_is_kept(ends):
    low, high = sorted(ends)
    scaled = scale_pixels(BYTES, (low, high))
    assert scaled.dtype == torch.float32
    assert (scaled[0].item(), scaled[-1].item()) == (low, high)
    expected = low + (high - low) * BYTES.double() / 255
    assert torch.allclose(scaled.double(), expected, rtol=0, atol=1e-6 * max(abs(low), abs(high)))


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-0.9, 0.9)])
def test_strictly_increasing(value_range):
    assert (scale_pixels(BYTES, value_range).diff() > 0).all()


def test_by_256_noise_of_one_part_fills_the_range_and_no_more():
    pixels = torch.arange(256, dtype=torch.uint8)
    scaled = scale_pixels(pixels, (-1.0, 1.0), 256)
    assert torch.equal(scaled, 2 * (pixels.double() / 256 - 0.5).float())  # as in gan_cifar_resnet.py
    assert scaled[-1] + 1 / 128 == 1
    assert torch.equal(scale_pixels(pixels, (-1.0, 1.0), 255), scale_pixels(pixels, (-1.0, 1.0)))

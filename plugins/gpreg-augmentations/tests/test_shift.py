"""Flips and shifts are exact: each against padding and slicing, one image after the other."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from gpreg import load_registry
from gpreg.interfaces import SampleSpec
from gpreg_augmentations.shift import flipped, shifted


def images(count, height, width):
    return torch.rand(count, 2, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1


def expected(image, down, right, fill):
    """One image, padded by as much as it is shifted, of which the part that remains in view is taken."""
    height, width = image.shape[1:]
    mode = {"mode": "reflect"} if fill == "reflect" else {"value": 0.3}
    padded = functional.pad(image[None], (abs(right), abs(right), abs(down), abs(down)), **mode)[0]
    top, left = abs(down) - down, abs(right) - right
    return padded[:, top : top + height, left : left + width]


@settings(max_examples=40)
@given(
    st.sampled_from(["reflect", "constant"]),
    st.lists(st.tuples(st.integers(-4, 4), st.integers(-5, 5)), min_size=1, max_size=4),
)
def test_it_shifts_each_image_by_its_own_pixels(fill, shifts):
    x = images(len(shifts), 5, 6)
    down, right = torch.tensor(shifts).T
    found = shifted(x, down, right, fill=fill, value=0.3)
    for image, result, (below, beside) in zip(x, found, shifts, strict=True):
        assert torch.equal(expected(image, below, beside, fill), result)


def test_a_single_row_reflects_to_itself():
    x = images(1, 1, 4)
    assert torch.equal(shifted(x, torch.tensor([3]), torch.tensor([0]), fill="reflect", value=0.0), x)


def test_it_flips_the_images_of_the_mask_only():
    x = images(3, 4, 4)
    found = flipped(x, torch.tensor([True, False, True]))
    assert torch.equal(found, torch.stack([x[0].flip(2), x[1], x[2].flip(2)]))


@pytest.mark.parametrize("fill", ["reflect", "zero"])
def test_flip_shift_does_no_more_and_each_equally_often(fill):
    count = 2000
    augmentation = load_registry().build("augmentation", "flip-shift", {"fill": fill})
    augmentation.prepare(SampleSpec(shape=(1, 8, 16), value_range=(0.0, 1.0)))
    x = torch.rand(1, 1, 8, 16, generator=torch.Generator().manual_seed(0))
    found = augmentation(x.expand(count, 1, 8, 16), torch.Generator().manual_seed(1))
    share = {}
    for flip in (False, True):
        for down in range(-1, 2):
            for right in range(-2, 3):
                one = flipped(x, torch.tensor([flip]))
                mode = "reflect" if fill == "reflect" else "constant"
                one = shifted(one, torch.tensor([down]), torch.tensor([right]), fill=mode, value=0.5)
                share[flip, down, right] = float((found == one).flatten(1).all(1).float().mean())
    assert sum(share.values()) == pytest.approx(1)
    assert all(abs(value - 1 / 30) < 4 * math.sqrt(1 / 30 / count) for value in share.values())

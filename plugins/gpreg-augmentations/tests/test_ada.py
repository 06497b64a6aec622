"""The whole pipeline: the identity where nothing is switched on, cutout, units, the penalty's gradient through it."""

import math

import pytest
import torch
from torch import nn

import gpreg
from gpreg import load_registry
from gpreg.critics.augmented import AugmentedCritic
from gpreg.errors import OptionError, UsageError
from gpreg.interfaces import SampleSpec
from gpreg_augmentations.options import TRANSFORMATIONS

ALL = [name for names in TRANSFORMATIONS.values() for name in names]
COLOUR_SHAPES = [(1, 8, 8), (3, 8, 8), (3, 9, 6)]


def ada(shape=(3, 8, 8), value_range=(-1.0, 1.0), only=ALL, **options):
    given = {name: 0.0 for name in ALL if name not in only} | options
    built = load_registry().build("augmentation", "ada", given)
    built.prepare(SampleSpec(shape=shape, value_range=value_range))
    return built


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def images(count, shape=(3, 8, 8), dtype=torch.float32):
    return torch.rand(count, *shape, generator=rng(7), dtype=dtype) * 2 - 1


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0)])
@pytest.mark.parametrize("shape", COLOUR_SHAPES)
def test_with_p_zero_it_is_the_identity_to_the_bit(shape, value_range):
    low, high = value_range
    x = (images(5, shape) + 1) / 2 * (high - low) + low
    assert torch.equal(ada(shape, value_range, p=0.0)(x, rng()), x)


def test_images_of_which_nothing_is_switched_on_are_left_alone():
    """Half of the flips change nothing, nor does a quarter of the turns, nor of the shifts by at most one pixel."""
    same = (ada(p=0.1)(images(2000), rng()) == images(2000)).flatten(1).all(1)
    shares = (1 / 2, 3 / 4, 3 / 4, 1, 1, 1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 2, 1 / 2, 1)
    untouched = math.prod(1 - 0.1 * share for share in shares)
    assert abs(float(same.float().mean()) - untouched) < 4 * math.sqrt(untouched * (1 - untouched) / 2000)


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (0.0, 255.0)])
def test_in_other_units_the_same_happens_to_the_same_images(value_range):
    low, high = value_range
    x = images(16, dtype=torch.float64)
    there = (x + 1) / 2 * (high - low) + low
    expected = ada(p=0.7)(x, rng())
    found = (ada(value_range=value_range, p=0.7)(there, rng()) - low) / (high - low) * 2 - 1
    assert torch.allclose(found, expected, atol=1e-9)


def test_cutout_is_a_rectangle_of_half_the_sides_with_its_centre_in_the_image():
    x = torch.full((4000, 1, 16, 8), 0.9)
    cut = ada((1, 16, 8), only=["cutout"], p=1.0)(x, rng())[:, 0] == 0
    rows, columns = cut.any(2), cut.any(1)
    assert torch.equal(cut, rows[:, :, None] & columns[:, None, :])
    assert rows.sum(1).max() == 8
    assert columns.sum(1).max() == 4
    assert rows.sum(1).min() >= 4  # with its centre at the border, half of it is left
    # the middle of the image is covered by half of the centres
    assert abs(float(rows[:, 8].float().mean()) - 0.5) < 0.04
    assert abs(float(columns[:, 0].float().mean()) - 0.3125) < 0.04  # centres within 1/4 of the middle of pixel 0
    assert abs(float((rows[:, 8] & columns[:, 4]).float().mean()) - 0.25) < 0.03


@pytest.mark.parametrize("p", [0.25, 0.8])
def test_cutout_is_switched_on_with_its_probability(p):
    x = torch.full((4000, 1, 8, 8), 0.9)
    cut = (ada((1, 8, 8), only=["cutout"], p=p, cutout=0.5)(x, rng()) == 0).flatten(1).any(1)
    assert abs(float(cut.float().mean()) - p / 2) < 4 * 0.5 / math.sqrt(4000)


def test_each_image_of_a_batch_has_numbers_of_its_own():
    found = ada(p=1.0)(images(1).expand(64, 3, 8, 8), rng())
    assert len({tuple(image.flatten().tolist()) for image in found}) == 64


def test_how_many_numbers_are_drawn_does_not_depend_on_p():
    places = []
    for p in (0.0, 0.3, 1.0):
        generator = rng()
        ada(p=p)(images(4), generator)
        places.append(generator.get_state())
    assert torch.equal(places[0], places[1])
    assert torch.equal(places[0], places[2])


class Linear(nn.Module):
    """``D(x) = <w, x>``."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(images(1, (3, 4, 3), dtype=torch.float64)[0])

    def forward(self, x):
        return (x * self.w).flatten(1).sum(1)


def test_r1_is_of_the_gradient_by_the_images_before_the_change():
    """T is affine: ``T(x) = A x + b``, so that the gradient of D(T(x)) is ``A^T w``, found column by column here."""
    transformed, critic, x = ada((3, 4, 3), p=0.9), Linear(), images(3, (3, 4, 3), dtype=torch.float64)
    behind = AugmentedCritic(critic, [transformed], rng())
    value = gpreg.penalty("pd", rho=2.0)(behind, x, x, rng=rng(1))
    (found,) = torch.autograd.grad(value, critic.w)

    w = critic.w.detach().clone().requires_grad_()
    start = transformed(torch.zeros_like(x), rng())
    units = torch.eye(36, dtype=x.dtype).view(36, 1, 3, 4, 3).expand(-1, 3, -1, -1, -1)
    columns = torch.stack([transformed(unit, rng()) - start for unit in units], 1)  # (B, 36, C, H, W)
    gradients = torch.einsum("bichw,chw->bi", columns, w)
    expected = gradients.square().sum(1).mean()
    assert torch.allclose(value, expected.detach())
    assert torch.allclose(found, torch.autograd.grad(expected, w)[0])


@pytest.mark.parametrize("name", ["ada", "diffaugment", "flip-shift"])
@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (SampleSpec(shape=(2,)), r"shape \(2,\) is none"),
        (SampleSpec(shape=(3, 8, 8)), "depends on the range"),
    ],
)
def test_what_is_no_image_is_refused_with_the_alternative(name, spec, reason):
    with pytest.raises(UsageError, match=reason) as caught:
        load_registry().build("augmentation", name).prepare(spec)
    assert "--augmentation noise" in caught.value.remedy


def test_before_it_knows_the_size_it_says_what_is_missing():
    with pytest.raises(UsageError, match="size of the images") as caught:
        load_registry().build("augmentation", "ada")(images(1), rng())
    assert "prepare" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("ada", {"p": "1.5"}, "'p'"),
        ("ada", {"p": "-0.1"}, "'p'"),
        ("ada", {"p": "often"}, "'adaptive'"),
        ("ada", {"hue": "2"}, "'hue'"),
        ("ada", {"final": "0.5"}, "an adaptive p finds that itself"),
        ("ada", {"kimg": "0"}, "'kimg'"),
        ("diffaugment", {"policy": "colour"}, "'color'"),
        ("diffaugment", {"policy": ""}, "policy is empty"),
        ("diffaugment", {"policy": "color,color"}, "twice"),
        ("flip-shift", {"fill": "mirror"}, "'reflect'"),
        ("flip-shift", {"flip": "2"}, "'flip'"),
        ("noise", {"sigma": "-1"}, "'sigma'"),
        ("noise", {"final": "-1"}, "'final'"),
    ],
)
def test_options_out_of_bounds_are_refused(name, options, reason):
    with pytest.raises(OptionError, match=reason):
        load_registry().build("augmentation", name, options)

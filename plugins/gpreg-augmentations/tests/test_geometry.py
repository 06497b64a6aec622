"""Each geometric transformation: what it does, how often, and in which order."""

import math

import numpy as np
import pytest
import torch

from gpreg_augmentations.draws import Draws
from gpreg_augmentations.geometry import Geometry
from gpreg_augmentations.options import TRANSFORMATIONS

NAMES = [*TRANSFORMATIONS["blit"], *TRANSFORMATIONS["geometry"]]
COUNT, HEIGHT, WIDTH = 20_000, 16, 32
EYE = np.eye(3)


def drawn(p, **multipliers):
    draws = Draws(torch.zeros(COUNT, 1, dtype=torch.float64), torch.Generator().manual_seed(0))
    geometry = Geometry(dict.fromkeys(NAMES, 0.0) | multipliers)
    return geometry.draw(draws, torch.tensor(p, dtype=torch.float64), HEIGHT, WIDTH).numpy()


def close(found, expected, std):
    """Within four standard errors of a mean."""
    assert abs(np.mean(found) - expected) < 4 * std / math.sqrt(COUNT)


def test_with_p_zero_all_maps_are_the_identity_exactly():
    assert (drawn(0.0, **dict.fromkeys(NAMES, 1.0)) == EYE).all()


@pytest.mark.parametrize(
    ("name", "visible"),
    [("xflip", 1 / 2), ("rotate90", 3 / 4), ("scale", 1), ("rotate", 1), ("aniso", 1), ("xfrac", 1)],
)
@pytest.mark.parametrize("p", [0.3, 1.0])
def test_it_is_switched_on_as_often_as_asked(name, visible, p):
    """Half of the flips and a quarter of the quarter turns change nothing."""
    changed = (drawn(p, **{name: 0.8}) != EYE).any((1, 2))
    close(changed, 0.8 * p * visible, 0.5)


def test_a_flip_changes_right_and_left():
    found = drawn(1.0, xflip=1.0)
    assert {tuple(matrix.flatten()) for matrix in found} == {
        tuple(EYE.flatten()),
        tuple(np.diag([-1.0, 1, 1]).flatten()),
    }


def test_quarter_turns_are_exact_and_equally_frequent():
    found = drawn(1.0, rotate90=1.0)
    for cos, sin in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        same = (found == np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])).all((1, 2))
        close(same, 0.25, math.sqrt(3) / 4)


def test_shifts_by_whole_pixels_reach_an_eighth_of_the_sides():
    right, down = -drawn(1.0, xint=1.0)[:, :2, 2].T
    for shift, most in ((right, WIDTH / 8), (down, HEIGHT / 8)):
        assert (shift == shift.round()).all()
        assert shift.max() == -shift.min() == most
        close(shift, 0, most)
        close(abs(shift) == most, 0.5 / most, 0.5)  # rounding leaves half a pixel to each end
    assert abs(np.corrcoef(right, down)[0, 1]) < 4 / math.sqrt(COUNT)


def test_scales_are_log_normal():
    found = drawn(1.0, scale=1.0)
    assert (found[:, 0, 0] == found[:, 1, 1]).all()
    exponent = -np.log2(found[:, 0, 0])
    close(exponent, 0, 0.2)
    close(exponent**2, 0.04, 0.04 * math.sqrt(2))


def test_stretching_keeps_the_area():
    found = drawn(1.0, aniso=1.0)
    assert np.allclose(found[:, 0, 0] * found[:, 1, 1], 1)
    exponent = -np.log2(found[:, 0, 0])
    close(exponent, 0, 0.2)
    close(exponent**2, 0.04, 0.04 * math.sqrt(2))


def test_rotations_are_uniform():
    found = drawn(1.0, rotate=1.0)
    angle = np.arctan2(found[:, 1, 0], found[:, 0, 0])
    assert np.allclose(found[:, :2, :2] @ found[:, :2, :2].transpose(0, 2, 1), np.eye(2))
    assert np.allclose(np.linalg.det(found), 1)
    for order in (1, 2):
        close(np.cos(order * angle), 0, math.sqrt(0.5))
        close(np.sin(order * angle), 0, math.sqrt(0.5))


def test_shifts_by_parts_of_pixels_are_normal():
    right, down = -drawn(1.0, xfrac=1.0)[:, :2, 2].T
    for shift, size in ((right, WIDTH), (down, HEIGHT)):
        close(shift, 0, size / 8)
        close(shift**2, (size / 8) ** 2, (size / 8) ** 2 * math.sqrt(2))


def test_transformations_are_independent_of_each_other():
    found = drawn(0.5, scale=1.0, xfrac=1.0)
    scaled, moved = found[:, 0, 0] != 1, found[:, 0, 2] != 0
    close(scaled & moved, 0.25, math.sqrt(3) / 4)


class Known:
    """Draws whose outcome is known."""

    def uniform(self, low=0.0, high=1.0):
        return torch.full((1,), low + 0.8 * (high - low), dtype=torch.float64)

    def normal(self):
        return torch.full((1,), 1.5, dtype=torch.float64)

    def whole(self, low, high):
        return torch.full((1,), high)

    def chosen(self, probability):
        return torch.ones(1, dtype=torch.bool)


def test_the_order_is_the_published_one():
    def turn(angle):
        return np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])

    def shift(right, down):
        return np.array([[1, 0, right], [0, 1, down], [0, 0, 1]])

    s, angle = 2 ** (0.2 * 1.5), 0.6 * math.pi
    forward = np.diag([-1, 1, 1])  # flip
    for step in (
        turn(-1.5 * math.pi),
        shift(round(0.6 * WIDTH / 8), round(0.6 * HEIGHT / 8)),
        np.diag([s, s, 1]),
        turn(-angle),
        np.diag([s, 1 / s, 1]),
        turn(-angle),
        shift(1.5 * WIDTH / 8, 1.5 * HEIGHT / 8),
    ):
        forward = step @ forward
    geometry = Geometry(dict.fromkeys(NAMES, 1.0))
    found = geometry.draw(Known(), torch.ones((), dtype=torch.float64), HEIGHT, WIDTH)[0]
    assert np.allclose(found.numpy() @ forward, EYE, atol=1e-12)

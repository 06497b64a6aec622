import numpy as np
import pytest

from gpreg_theory.checks.evidence.neighbours import emptiest, gap, nearest, outside


def test_outside_counts_what_is_beyond_the_data():
    rng = np.random.default_rng(1)
    data, held_out = rng.random((400, 2)), rng.random((400, 2))
    points = np.concatenate([rng.random((90, 2)), 5 + rng.random((10, 2))])
    own = outside(points, data, held_out)
    assert own.share == pytest.approx(0.1, abs=0.011)
    assert own.lower < own.share
    assert own.significant
    assert min(own.witness) >= 5
    assert not outside(points[:90], data, held_out).significant


def test_few_held_out_points_excuse_more():
    data = np.random.default_rng(1).random((400, 2))
    assert outside(data, data, data[:16]).excused == pytest.approx(0.25, abs=0.01)


def test_the_emptiest_ball_is_the_hole():
    rng = np.random.default_rng(2)
    data, fresh = rng.random((2, 300, 2))
    points = rng.random((3000, 2))
    hole = emptiest(points[points[:, 0] > 0.5], data, fresh)
    assert hole.inside == 0
    assert hole.centre[0] < 0.3
    covered = emptiest(points, data, fresh)
    assert covered.lower > 0.1
    assert covered.lower < covered.ratio


def test_neighbours_of_one_law_are_as_near_as_its_own():
    rng = np.random.default_rng(4)
    data, fresh, points = rng.standard_normal((3, 300, 2))
    ratio, low, high = nearest(points, data, fresh)
    assert low < 1 < high
    assert low < ratio < high
    assert nearest(points + 3, data, fresh)[1] > 2


def test_a_gap_is_a_hole_only_beyond_the_spacing_of_what_is_around_it():
    rng = np.random.default_rng(5)
    data, fresh = 0.01 * rng.standard_normal((2, 200, 2))
    ring = rng.standard_normal((2000, 2))
    ring /= np.linalg.norm(ring, axis=1, keepdims=True)
    assert gap(emptiest(ring, data, fresh), ring).opens
    assert not gap(emptiest(ring[:12], data, fresh), ring[:12]).opens


def test_a_ball_holds_all_the_samples_that_coincide():
    atoms = np.repeat([[0.0], [1.0]], 64, axis=0)
    ball = emptiest(np.zeros((100, 1)), atoms, atoms)
    assert (ball.share, ball.inside, ball.ratio) == (0.5, 0, 0.0)
    covered = emptiest(np.tile([[0.0], [1.0]], (50, 1)), atoms, atoms)
    assert covered.ratio == 1
    assert covered.lower < 1

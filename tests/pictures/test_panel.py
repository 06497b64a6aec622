import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gpreg.pictures import Mesh, panel
from gpreg.pictures.style import figure


def test_scale_is_centred_at_zero_where_both_signs_are_common():
    low, high = panel.symmetric_scale(np.linspace(-1, 3, 1000))
    assert low == -high
    assert 2.8 < high < 3


def test_scale_is_centred_at_the_median_otherwise():
    low, high = panel.symmetric_scale(np.linspace(10, 12, 1001))
    assert (low + high) / 2 == pytest.approx(11)
    assert 0.9 < high - 11 < 1


def test_spikes_do_not_stretch_the_scale():
    values = np.linspace(-1, 1, 1000)
    values[500] = 1e9
    assert panel.symmetric_scale(values)[1] < 1.1


@given(arrays(np.float32, (4, 4), elements=st.floats(width=32)))
def test_scale_is_finite_and_not_empty_for_any_values(values):
    low, high = panel.symmetric_scale(values.astype(np.float64))
    assert np.isfinite([low, high]).all()
    assert low < high


@pytest.mark.parametrize("value", [0.0, 3.0, -1e20, 1e30])
def test_a_constant_critic_is_drawn(value):
    canvas = figure(300, 300)
    mesh = Mesh((-1, 1, -1, 1), 8)
    values = np.full((8, 8), value)
    panel.colour_bar(axes := canvas.subplots(), panel.surface(axes, mesh, values, panel.symmetric_scale(values)))
    canvas.draw_without_rendering()


def test_dots_are_the_finite_samples_in_their_colour():
    axes = figure(300, 300).subplots()
    samples = torch.tensor([[0.0, 1.0], [float("nan"), 0.0], [2.0, 3.0]])
    panel.scatter(axes, samples, "#ff0000", "real")
    (dots,) = axes.collections
    assert dots.get_offsets().tolist() == [[0, 1], [2, 3]]
    assert dots.get_facecolor()[0, :3].tolist() == [1, 0, 0]


def test_no_more_than_the_first_are_drawn_and_many_are_small():
    axes = figure(300, 300).subplots()
    panel.scatter(axes, torch.zeros(10, 2), "red", "few")
    panel.scatter(axes, torch.zeros(panel.SHOWN + 1, 2), "red", "many")
    few, many = axes.collections
    assert len(many.get_offsets()) == panel.SHOWN
    assert many.get_sizes()[0] < few.get_sizes()[0]

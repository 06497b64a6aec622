import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.pictures import curves, save_png
from gpreg.pictures.curves import MANY, SCORES, running_median


def titles(figure):
    return [axes.get_title("left") for axes in figure.axes if axes.axison]


def rows(n, **columns):
    return [{"step": 10 * k, **{key: value(k) for key, value in columns.items()}} for k in range(n)]


def test_one_panel_for_each_family_and_each_score():
    stats = rows(3, critic_loss=float, generator_loss=float, penalty=float, gradient_norm=float, critic_gap=float)
    scores = [
        {"step": 0, "metric": "modes", "values": {"modes": 3, "high_quality_share": 0.2}},
        {"step": 20, "metric": "modes", "values": {"modes": 8, "high_quality_share": 0.9}},
        {"step": 20, "metric": "wasserstein", "values": {"w1": 0.1}},
    ]
    figure = curves(stats, scores)
    assert titles(figure) == [
        *("Losses", "Penalty", "Gradient at μ", "Critic's gap"),
        *("modes", "high quality share", "w1"),
    ]
    share = figure.axes[5].lines[0]
    assert share.get_xdata().tolist() == [0, 20]
    assert share.get_ydata().tolist() == [0.2, 0.9]
    assert {axes.get_xlim() for axes in figure.axes if axes.axison} == {(-0.4, 20.4)}


def test_keys_that_are_missing_leave_their_panel_out():
    stats = [{"step": 0, "images_per_second": 5.0}, {"step": 10, "penalty": 1.0}, {"step": 20}]
    figure = curves(stats)
    assert titles(figure) == ["Penalty"]
    assert figure.axes[0].lines[0].get_xdata().tolist() == [10]


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_gaps(bad):
    (axes,) = curves(rows(5, penalty=lambda k: bad if k == 2 else float(k))).axes
    values = axes.lines[0].get_ydata()
    assert np.isnan(values).tolist() == [False, False, True, False, False]
    assert axes.get_ylim()[1] < 5


@pytest.mark.parametrize("n", [MANY, MANY + 1])
def test_many_points_have_a_running_median(n):
    (axes,) = curves(rows(n, penalty=lambda k: float(k % 2))).axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == n and line.get_marker() == "None"]
    assert len(lines) == (2 if n > MANY else 1)


def test_a_point_without_neighbours_is_a_dot():
    stats = rows(200, critic_gap=lambda k: float(k) if k < 100 or k == 150 else None)
    (axes,) = curves(stats).axes
    (dots,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert dots.get_xdata().tolist() == [1500]


def test_the_first_steps_do_not_flatten_the_rest():
    (axes,) = curves(rows(1000, penalty=lambda k: 1e6 if k == 0 else 1 + math.sin(k))).axes
    assert axes.get_ylim()[1] < 3


@pytest.mark.parametrize(
    "stats", [[], [{"step": 0}], rows(1, penalty=float), rows(3, penalty=lambda k: math.nan), rows(90, penalty=float)]
)
def test_any_run_is_drawn(tmp_path, stats):
    save_png(curves(stats), tmp_path / "curves.png")


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=40),
    st.integers(1, 9).map(lambda k: 2 * k + 1),
)
def test_running_median_is_a_median_of_neighbours(values, window):
    values = np.array(values)
    medians = running_median(values, window)
    np.testing.assert_array_equal(np.isnan(medians), np.isnan(values))
    for i in np.flatnonzero(np.isfinite(values)):
        near = [value for value in values[max(0, i - window // 2) : i + window // 2 + 1] if math.isfinite(value)]
        assert medians[i] == np.median(near)


@pytest.mark.parametrize(
    "name", [r"$\frac$", "$a", "\x1b[2J\x9b", "\ud800", "日本", "", "W" * 100_000], ids=lambda name: name[:5]
)
def test_whatever_a_score_is_called(tmp_path, name):
    scores = [{"step": step, "metric": name, "values": {name: 1.0}} for step in (0, 1)]
    save_png(curves([], scores), tmp_path / "curves.png")


@pytest.mark.parametrize("values", [(1e308, -1e308), (1e308, 1e308), (-1.7e308, 0.0), (5e-324, 0.0)])
def test_values_at_the_ends_of_what_a_float_can_be(tmp_path, values):
    stats = [{"step": step, "critic_loss": value} for step, value in enumerate(values)]
    scores = [{"step": step, "metric": "a", "values": {"b": value}} for step, value in enumerate(values)]
    save_png(curves(stats, scores), tmp_path / "curves.png")


def test_no_more_panels_than_can_be_looked_at():
    figure = curves([], [{"step": 0, "metric": "a", "values": {f"value {k}": 1.0 for k in range(5000)}}])
    assert titles(figure) == [f"value {k}" for k in range(SCORES)]

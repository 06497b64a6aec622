import numpy as np
import pytest
import torch

from gpreg.errors import UsageError
from gpreg.pictures import save_png
from value_surfaces import Surface, surfaces

LIMITS = (-1.0, 1.0, -1.0, 1.0)


def surface(k):
    return Surface(
        title=f"critic {k}", note="a note", critic=lambda x: (k * x.sum(1)).sigmoid(), real=torch.zeros(3, 2)
    )


@pytest.mark.parametrize(("n", "rows", "columns"), [(1, 1, 1), (3, 1, 3), (5, 2, 3)])
def test_panels_stand_in_reading_order_on_one_scale(n, rows, columns):
    figure = surfaces([surface(k) for k in range(n)], limits=LIMITS, resolution=16)
    *panels, _bar = figure.axes
    assert panels[0].get_gridspec().get_geometry() == (rows, columns)
    assert [axes.get_title("left") for axes in panels[:n]] == [f"critic {k}" for k in range(n)]
    assert not any(axes.axison for axes in panels[n:])
    scales = {contours.get_clim() for axes in panels[:n] for contours in axes.collections[:1]}
    assert scales == {(0.0, 1.0)}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["real"]


@pytest.mark.parametrize(("value", "extend"), [(0.0, "neither"), (1.0, "neither"), (1.5, "both"), (np.nan, "neither")])
def test_the_scale_says_whether_values_lie_beyond_it(tmp_path, value, extend):
    figure = surfaces([Surface(title="constant", critic=lambda x: 0 * x.sum(1) + value)], limits=LIMITS, resolution=8)
    assert figure.axes[0].collections[0].extend == extend
    save_png(figure, tmp_path / "surfaces.png")


def test_nothing_to_draw_is_refused():
    with pytest.raises(UsageError, match="no surface"):
        surfaces([], limits=LIMITS)

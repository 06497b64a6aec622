import math

import numpy as np
import pytest

from gpreg.errors import UsageError
from gpreg.pictures import save_png
from gpreg_theory.pictures import Basin, basins
from gpreg_theory.pictures.basin import PALE

LIMITS = (-2.0, 2.0, -1.0, 3.0)


def names(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def outcomes(n=21, centre=(0.0, 1.0), radius=1.0):
    x, y = np.meshgrid(np.linspace(*LIMITS[:2], n), np.linspace(*LIMITS[2:], n))
    return np.where(np.hypot(x - centre[0], y - centre[1]) < radius, 0, -1)


def line(figure, name):
    (found,) = [line for line in figure.axes[0].lines if line.get_label() == name]
    return found.get_xydata()


def test_shading_lies_where_the_equilibrium_is_reached():
    figure = basins([Basin(limits=LIMITS, outcomes=outcomes())])
    (shaded,) = figure.axes[0].collections
    box = shaded.get_paths()[0].get_extents()
    assert [box.x0, box.x1, box.y0, box.y1] == pytest.approx([-1, 1, 0, 2], abs=0.15)
    assert names(figure) == ["ends in the equilibrium"]


def test_each_equilibrium_has_its_colour_and_name():
    table = np.repeat([[0], [1], [-1]], 4, axis=1)
    figure = basins([Basin(limits=LIMITS, outcomes=table, names=("to +1", "to -1", "nobody comes here"))])
    assert names(figure) == ["to +1", "to -1"]
    from matplotlib.colors import to_rgba

    colours = [tuple(drawn.get_facecolor()[0]) for drawn in figure.axes[0].collections]
    assert colours == [to_rgba(colour) for colour in PALE[:2]]


def test_circles_have_their_radius_about_the_centre():
    figure = basins([Basin(limits=LIMITS, outcomes=outcomes(), centre=(0.5, 1.0), radius=0.7, inscribed=0.9)])
    for name, radius in (("estimate of the basin", 0.7), ("largest circle inside", 0.9)):
        np.testing.assert_allclose(np.hypot(*(line(figure, name) - (0.5, 1.0)).T), radius)


@pytest.mark.parametrize("radius", [None, math.inf])
def test_a_basin_without_bounds_has_no_circle(radius):
    figure = basins([Basin(limits=LIMITS, outcomes=outcomes() * 0, radius=radius)])
    assert names(figure) == ["ends in the equilibrium"]


def test_the_true_boundary_is_drawn_as_given():
    boundary = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    figure = basins([Basin(limits=LIMITS, outcomes=outcomes(), boundary=boundary)])
    np.testing.assert_array_equal(line(figure, "true boundary"), boundary)


@pytest.mark.parametrize(("n", "shape"), [(1, (1, 1)), (3, (1, 3)), (4, (2, 3))])
def test_panels_stand_in_reading_order(tmp_path, n, shape):
    panels = [Basin(limits=LIMITS, outcomes=outcomes(), title=f"basin {k}", note="a note") for k in range(n)]
    figure = basins(panels, coordinates=("x", "y"))
    assert figure.axes[0].get_gridspec().get_geometry() == shape
    assert [axes.get_title("left") for axes in figure.axes if axes.axison] == [f"basin {k}" for k in range(n)]
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("x", "y")
    save_png(figure, tmp_path / "basins.png")


def test_a_table_that_is_empty_everywhere_is_drawn(tmp_path):
    save_png(basins([Basin(limits=LIMITS, outcomes=outcomes(radius=0.0))]), tmp_path / "basin.png")


def test_the_legend_fits_its_figure():
    figure = basins([Basin(limits=LIMITS, outcomes=outcomes(), radius=0.5, inscribed=0.7, boundary=np.eye(2))])
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= box.x0
    assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize(
    ("panels", "said"),
    [
        ([], "no panel"),
        ([Basin(limits=LIMITS, outcomes=np.zeros(4, int))], r"outcomes have shape \(4,\)"),
        ([Basin(limits=(0, 0, 0, 1), outcomes=outcomes())], "limits"),
    ],
)
def test_what_cannot_be_drawn_is_refused(panels, said):
    with pytest.raises(UsageError, match=said):
        basins(panels)

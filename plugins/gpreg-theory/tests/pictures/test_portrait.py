import numpy as np
import pytest

from gpreg.errors import UsageError
from gpreg.pictures import save_png
from gpreg_theory.pictures import Basin, Portrait, portraits
from gpreg_theory.pictures.portrait import MARKS, PATH, STREAM

LIMITS = (-2.0, 2.0, -2.0, 2.0)


def spiral(z):
    return np.stack([-z[:, 1] - z[:, 0], z[:, 0]], axis=1)


def names(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def lines(figure, name):
    return [line.get_xydata() for line in figure.axes[0].lines if line.get_label() == name]


def nullclines(figure):
    """The points of each contour."""
    from matplotlib.contour import QuadContourSet

    drawn = [drawn for drawn in figure.axes[0].collections if isinstance(drawn, QuadContourSet)]
    return [np.concatenate([path.vertices for path in contour.get_paths()]) for contour in drawn]


def test_nullclines_are_where_a_component_vanishes():
    figure = portraits([Portrait(field=spiral, limits=LIMITS)])
    first, second = nullclines(figure)
    np.testing.assert_allclose(first[:, 0], -first[:, 1], atol=1e-9)
    np.testing.assert_allclose(second[:, 0], 0.0, atol=1e-9)
    assert names(figure) == ["dψ/dt = 0", "dθ/dt = 0"]


@pytest.mark.parametrize("portrait", [{"nullclines": False}, {"field": lambda z: 1 + z**2}])
def test_no_nullcline_is_drawn_where_there_is_none(portrait):
    figure = portraits([Portrait(**{"field": spiral, "limits": LIMITS} | portrait)])
    assert not nullclines(figure)
    assert not figure.legends


def test_streamlines_follow_the_field():
    figure = portraits([Portrait(field=lambda z: np.stack([-z[:, 1], z[:, 0]], axis=1), limits=LIMITS)])
    (streams,) = [drawn for drawn in figure.axes[0].collections if hasattr(drawn, "get_segments")]
    turned = [np.ptp(np.hypot(*segment.T)) for segment in streams.get_segments()]
    assert max(turned) < 0.02, "the field turns about 0, so that each segment keeps its distance"
    from matplotlib.colors import to_rgba

    assert tuple(streams.get_edgecolor()[0]) == to_rgba(STREAM)


def test_trajectories_have_a_start_and_an_end():
    path = np.array([[1.0, 1.0], [0.5, 1.0], [0.0, 0.5]])
    figure = portraits([Portrait(field=spiral, limits=LIMITS, trajectories=[path, path / 2])])
    assert len(lines(figure, "trajectory")) == 2
    ends = [line for line in figure.axes[0].lines if line.get_color() == PATH and line.get_marker() == "o"]
    assert [line.get_xydata().tolist() for line in ends[:2]] == [[[1.0, 1.0]], [[0.0, 0.5]]]
    assert [line.get_markerfacecolor() for line in ends[:2]] == ["white", PATH]


def test_each_kind_of_equilibrium_has_a_mark_of_its_own():
    points = [((0.2 * k, 0.0), kind) for k, kind in enumerate(MARKS)]
    figure = portraits([Portrait(field=spiral, limits=LIMITS, nullclines=False, equilibria=points)])
    assert names(figure) == list(MARKS)
    assert [lines(figure, kind)[0].tolist() for _, kind in points] == [[list(point)] for point, _ in points]
    looks = {
        (line.get_marker(), str(line.get_markerfacecolor()))
        for line in figure.axes[0].lines
        if len(line.get_xydata()) == 1
    }
    assert len(looks) == len(MARKS)


def test_everything_else_that_is_given_is_drawn():
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    item = Portrait(
        field=spiral,
        limits=LIMITS,
        equilibria=[((0.5, 0.0), "stable")],
        lines=[np.array([[-2.0, 0.0], [2.0, 0.0]])],
        cycle=square,
        regions=[("A", (-1.0, 1.0))],
        basin=Basin(limits=LIMITS, outcomes=np.zeros((3, 3), int)),
        radius=0.6,
        title="Dirac-GAN",
        note="mid",
    )
    figure = portraits([item], coordinates=("a", "b"))
    assert set(names(figure)) == {
        *("da/dt = 0", "db/dt = 0", "stable", "line of equilibria", "limit cycle"),
        *("estimate of the basin", "ends in the equilibrium"),
    }
    np.testing.assert_array_equal(lines(figure, "limit cycle")[0], square)
    np.testing.assert_allclose(np.hypot(*(lines(figure, "estimate of the basin")[0] - (0.5, 0.0)).T), 0.6)
    assert {"A", "mid"} <= {text.get_text() for text in figure.axes[0].texts}
    assert figure.axes[0].get_title("left") == "Dirac-GAN"


def test_two_fields_are_two_pictures(tmp_path):
    from PIL import Image

    def drawn(sign):
        path = tmp_path / f"{sign}.png"
        save_png(portraits([Portrait(field=lambda z: sign * z[:, ::-1], limits=LIMITS)]), path)
        with Image.open(path) as image:
            return np.asarray(image)

    assert (drawn(1) != drawn(-1)).any()


@pytest.mark.parametrize(("n", "shape"), [(1, (1, 1)), (4, (1, 4)), (5, (2, 4))])
def test_panels_stand_in_reading_order(n, shape):
    figure = portraits([Portrait(field=spiral, limits=LIMITS, title=str(k)) for k in range(n)])
    assert figure.axes[0].get_gridspec().get_geometry() == shape
    assert [axes.get_title("left") for axes in figure.axes if axes.axison] == [str(k) for k in range(n)]


def test_a_field_that_is_not_finite_is_said(tmp_path):
    half = Portrait(field=lambda z: np.where(z[:, :1] > 0, np.nan, z), limits=LIMITS)
    nowhere = Portrait(field=lambda z: z * np.inf, limits=LIMITS)
    figure = portraits([half, nowhere])
    assert "not finite anywhere" in [text.get_text() for text in figure.axes[1].texts]
    save_png(figure, tmp_path / "portraits.png")


def test_nothing_to_draw_is_refused():
    with pytest.raises(UsageError, match="no panel"):
        portraits([])

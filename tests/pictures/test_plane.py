import numpy as np
import pytest
import torch
from torch import nn

from gpreg.interfaces import GaussianModes
from gpreg.pictures import plane, save_png
from gpreg.pictures.plane import ARROWS
from gpreg.pictures.style import length_colours

REAL = torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
FAKE = REAL.flip(1) * 0.5
LIMITS = (-2.0, 2.0, -1.0, 3.0)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def quiver(axes):
    return next(drawn for drawn in axes.collections if hasattr(drawn, "U"))


def test_arrows_are_the_gradient_of_a_quadratic_in_closed_form():
    figure = plane(REAL, FAKE, lambda x: (x**2 * torch.tensor([1.0, 2.0])).sum(1) / 2, limits=LIMITS)
    arrows = quiver(figure.axes[1])
    assert len(arrows.U) == ARROWS**2
    gradient = np.stack([arrows.X, 2 * arrows.Y], 1)
    lengths = np.linalg.norm(gradient, axis=1)
    some = lengths > 0
    np.testing.assert_allclose(arrows.get_array(), lengths, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        np.stack([arrows.U, arrows.V], 1)[some], gradient[some] / lengths[some, None], rtol=1e-4, atol=1e-4
    )
    assert arrows.get_cmap() == length_colours()


def test_arrows_stand_apart_within_the_limits():
    arrows = quiver(plane(REAL, FAKE, lambda x: x.sum(1), limits=LIMITS).axes[1])
    assert LIMITS[0] < arrows.X.min() < arrows.X.max() < LIMITS[1]
    assert LIMITS[2] < arrows.Y.min() < arrows.Y.max() < LIMITS[3]
    assert 1 / arrows.scale < (LIMITS[1] - LIMITS[0]) / ARROWS


def test_panels_show_what_was_given():
    modes = GaussianModes(centres=torch.tensor([[0.0, 1.0], [1.0, 2.0]]), std=0.1)
    figure = plane(REAL, FAKE, lambda x: x.sum(1), limits=LIMITS, title="step 100", modes=modes)
    left = figure.axes[0]
    assert left.get_title("left") == "step 100"
    assert left.get_xlim() == LIMITS[:2]
    assert left.get_ylim() == LIMITS[2:]
    assert [circle.center for circle in left.patches] == [(0, 1), (1, 2)]
    assert [circle.radius for circle in left.patches] == pytest.approx([0.3, 0.3])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["real", "fake"]
    assert [len(drawn.get_offsets()) for drawn in left.collections[-2:]] == [100, 100]


def test_the_picture_is_saved_at_readme_size(tmp_path):
    from PIL import Image

    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).eval()
    with Image.open(save_png(plane(REAL, FAKE, critic, resolution=32), tmp_path / "plane.png")) as image:
        assert image.size == (1600, 790)


@pytest.mark.parametrize(
    ("critic", "said"),
    [
        (lambda x: x.sum(1) * torch.nan, "not finite anywhere"),
        (lambda x: x.sum(1) * torch.inf, "not finite anywhere"),
        (lambda x: torch.where(x[:, 0] > 0, torch.nan, x.sum(1)), "not finite at 50.0% of the points"),
    ],
)
def test_a_critic_that_is_not_finite_is_drawn_and_said(tmp_path, critic, said):
    figure = plane(REAL, FAKE, critic, limits=LIMITS, resolution=16)
    assert said in texts(figure.axes[0])
    save_png(figure, tmp_path / "plane.png")


def test_fakes_that_are_not_finite_do_no_harm(tmp_path):
    figure = plane(REAL, FAKE * torch.nan, lambda x: x.square().sum(1), resolution=16)
    save_png(figure, tmp_path / "plane.png")

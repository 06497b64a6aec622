import pytest
import torch
from PIL import Image

from gpreg.errors import UsageError
from gpreg.pictures import save_png, scatter, square_limits

SAMPLES = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))


def test_samples_are_at_their_places(tmp_path):
    figure = scatter(SAMPLES, title="mid, step 10")
    (axes,) = figure.axes
    assert axes.get_title("left") == "mid, step 10"
    assert axes.collections[0].get_offsets().tolist() == SAMPLES.tolist()
    assert (*axes.get_xlim(), *axes.get_ylim()) == square_limits(SAMPLES)
    with Image.open(save_png(figure, tmp_path / "scatter.png")) as image:
        assert image.size == (800, 840)


def test_limits_are_the_ones_given():
    (axes,) = scatter(SAMPLES * torch.nan, limits=(0, 1, 2, 3)).axes
    assert (*axes.get_xlim(), *axes.get_ylim()) == (0, 1, 2, 3)
    with pytest.raises(UsageError, match="not finite"):
        scatter(SAMPLES * torch.nan)

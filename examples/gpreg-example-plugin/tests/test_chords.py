import runpy
from pathlib import Path

from PIL import Image

MAIN = runpy.run_path(str(Path(__file__).parents[1] / "chords.py"))["main"]


def test_the_picture_is_drawn(tmp_path):
    MAIN(tmp_path / "chords.png")
    with Image.open(tmp_path / "chords.png") as image:
        assert image.size == (1000, 560)

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gpreg.reports.samples import MOST, WIDTH, Wanted, pictures, saved


@pytest.fixture
def draw(tmp_path):
    def make(name, size=(900, 450), seed=0):
        pixels = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
        return tmp_path / name

    return make


def test_a_large_picture_is_made_small_and_stays_itself(draw):
    (found,) = pictures([Wanted(name="mid", note="n", file=saved(draw("a.png")))], [])
    with Image.open(BytesIO(b64decode(found.data.partition(",")[2]))) as image:
        assert image.size == (found.width, found.height) == (WIDTH, WIDTH // 2)


def test_equal_pictures_are_shown_once_and_there_is_an_end(draw):
    paths = [draw(f"{k}.png", (8, 8), seed=k) for k in range(MOST + 2)]
    wanted = [Wanted(name=f"{k}", note="n", file=saved(path)) for k, path in enumerate([*paths, paths[0]])]
    found = pictures(wanted, [])
    assert len(found) == MOST
    assert found[0].names == ("0", str(MOST + 2))


def test_what_is_no_picture_is_told(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    faults = []
    assert (
        pictures([Wanted(name="a", note="n", file=saved(tmp_path / name)) for name in ("a.png", "b.png")], faults) == []
    )
    assert len(faults) == 2
    assert all("cannot be read" in fault for fault in faults)

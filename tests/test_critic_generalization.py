"""The example's table and picture, and that it tells the truth apart from what was learnt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generalization")
    words = [str(ROOT / "examples" / "critic_generalization.py"), "--steps", "30", "--out", "new/picture.png"]
    done = subprocess.run(
        [sys.executable, "-W", "error", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout.splitlines()


def test_one_row_for_each_penalty_and_one_for_the_optimum(done):
    _, (_, _, *rows, picture) = done
    names = [row[:24].strip() for row in rows]
    assert names[0] == "No penalty"
    assert {name.split(": ")[-1] for name in names[2:]} == {"wgan-gp", "pd+pg", "gp", "p / (p + q)"}
    assert picture == "picture: new/picture.png"
    numbers = [[float(word) for word in row[24:].split()] for row in rows]
    for training, held_out, gap, loss, held_out_loss, loss_gap, *distances in numbers:
        assert 0 < training < 1
        assert 0 < held_out < 1
        assert gap == pytest.approx(training - held_out, abs=0.0011)
        assert loss_gap == pytest.approx(held_out_loss - loss, abs=0.0011)
        assert all(0 <= distance < 0.5 for distance in distances)
    *learnt, optimum = numbers
    assert optimum[6:] == [0, 0]
    assert all(row[4] > optimum[4] for row in learnt), "no critic has a lower loss on the law than the optimum"
    assert all(min(row[6:]) > 0.01 for row in learnt)


def test_the_picture_is_written(done):
    folder, _ = done
    with Image.open(folder / "new" / "picture.png") as image:
        assert image.size == (1620, 1180)

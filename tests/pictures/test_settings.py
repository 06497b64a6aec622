"""Settings of matplotlib that lie in the current folder, and may be anybody's."""

import os
import subprocess
import sys

import pytest

DRAWN = """
import numpy as np
from pathlib import Path
from gpreg.pictures import curves, save_png
rows = [{"step": step, "critic_loss": step / 10, "generator_loss": 1.0} for step in (1, 2, 3)]
save_png(curves(rows, []), Path("curves.png"))
"""
HOSTILE = "backend: module://backend_of_a_stranger\ntext.usetex: True\nfont.family: \x1b[2J\n\x1b[31mno key: 1\n"


@pytest.mark.parametrize("kind", ["a file", "a pipe"])
def test_are_not_obeyed(tmp_path, kind):
    if kind == "a file":
        (tmp_path / "matplotlibrc").write_text(HOSTILE)
    else:
        os.mkfifo(tmp_path / "matplotlibrc")
    (tmp_path / "backend_of_a_stranger.py").write_text("open('ran', 'w')")
    done = subprocess.run(
        [sys.executable, "-c", DRAWN], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "curves.png").exists()
    assert not (tmp_path / "ran").exists()

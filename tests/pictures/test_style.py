import subprocess
import sys
from threading import Thread

import pytest
import torch

from gpreg.pictures import curves, plane, save_png

DRAW = """
import resource, sys, tempfile
import torch
torch.set_num_threads(1)
torch.nn.Linear(2, 2)(torch.zeros(1, 2)).sum().backward()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import gpreg.pictures
assert not any(name.startswith(("matplotlib", "PIL")) for name in sys.modules), "needed only when something is drawn"
from gpreg.pictures import curves, plane, save_png
critic = torch.nn.Sequential(torch.nn.Linear(2, 512), torch.nn.Tanh(), torch.nn.Linear(512, 1))
rows = [{"step": k, "penalty": k, "critic_loss": k} for k in range(1000)]
with tempfile.TemporaryDirectory() as folder:
    for _ in range(3):
        save_png(plane(torch.randn(2000, 2), torch.randn(2000, 2), critic), folder + "/plane.png")
        save_png(curves(rows), folder + "/curves.png")
assert "matplotlib.pyplot" not in sys.modules
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ru_maxrss has another unit")
def test_drawing_needs_neither_pyplot_nor_a_display_nor_much_memory():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRAW], capture_output=True, text=True, check=False, env={}
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 200  # MiB, of the 300 that a run in the plane may use above torch


def test_threads_draw_the_same_picture(tmp_path):
    real = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    pictures = [tmp_path / f"{k}.png" for k in range(3)]

    def draw(path):
        save_png(plane(real, -real, lambda x: x.square().sum(1), resolution=16), path)

    threads = [Thread(target=draw, args=(path,)) for path in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({path.read_bytes() for path in pictures}) == 1


def test_settings_of_the_program_are_left_alone():
    import matplotlib

    before = dict(matplotlib.rcParams)
    curves([{"step": 0, "penalty": 1.0}])
    assert dict(matplotlib.rcParams) == before

"""A run in the plane needs little memory beside torch itself."""

import subprocess
import sys

import pytest

MEGABYTES = 300

PEAK = """
import resource, sys, torch
if len(sys.argv) > 1:
    from gpreg.cli.main import main
    assert main(sys.argv[1:]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it does not tell a process's peak")
def test_a_run_in_the_plane(tmp_path):
    def peak(*words):
        done = subprocess.run([sys.executable, "-c", PEAK, *words], capture_output=True, text=True, check=True)
        return float(done.stdout.split()[-1])

    words = ["train", "plane", "--steps", "10", "--device", "cpu", "--out", str(tmp_path / "run")]
    assert peak(*words) - peak() <= MEGABYTES
    assert (tmp_path / "run" / "samples").is_dir()

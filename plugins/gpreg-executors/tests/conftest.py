"""Jobs that need no torch, and executors by their name."""

import sys
import time

import pytest

from gpreg.sweeps.job import Job

PYTHON = (sys.executable, "-I", "-S", "-c")


@pytest.fixture
def job(tmp_path):
    """Makes jobs of Python code."""
    return lambda code, *words, log="log", **rest: Job(
        words=(*PYTHON, code, *map(str, words)), log=tmp_path / log, **rest
    )


@pytest.fixture
def until():
    """Waits for something that another process does."""

    def wait(holds):
        for _ in range(2000):
            if holds():
                return
            time.sleep(0.01)
        raise AssertionError("it does not come")

    return wait

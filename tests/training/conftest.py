import json
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
import torch

import gpreg
from gpreg.recipe import load, override, resolve
from gpreg.runs.data import DataAccess
from gpreg.runs.folder import RunFolder
from gpreg.training.distributed import Ranks
from gpreg.training.experiment import set_up

TINY = {
    "plane": {"architecture": {"width": 16}},
    "digits": {"architecture": {"width": 4, "latent_dim": 8}, "dataset": {"size": 8}},
    "digits-dcgan": {"architecture": {"width": 4, "latent_dim": 8, "levels": 1}, "dataset": {"size": 8}},
    "digits-resnet-stable": {
        "architecture": {
            "width": 4,
            "generator_max_width": 4,
            "critic_max_width": 4,
            "latent_dim": 4,
            "embedding_dim": 4,
        },
        "dataset": {"size": 8},
    },
}
"""Recipes as small as they can be."""


@pytest.fixture(scope="session")
def registry():
    return gpreg.load_registry()


@pytest.fixture(scope="session")
def tiny(registry):
    """A complete recipe that trains in no time, with other choices."""

    def make(base="plane", choices=None):
        small = {
            "training.batch_size": 16,
            "training.steps": 20,
            "compute.device": "cpu",
            "report.tick": 5,
            "report.picture_ticks": 0,
            "report.checkpoint_ticks": 1,
            "report.score_samples": 100,
            "report.gap_samples": 0,
            "report.check_samples": 0,
            "metrics": "none",
            **TINY[base],
        }
        recipe, _ = override(load(base, registry), small, registry)
        return resolve(override(recipe, choices or {}, registry)[0], registry)

    return make


@pytest.fixture(scope="session")
def build(registry, tiny):
    """An experiment, set up in one process."""

    def make(base="plane", choices=None, *, access=None):
        return set_up(tiny(base, choices), registry, access=access or DataAccess(), ranks=Ranks())

    return make


@pytest.fixture
def same_weights():
    """Asserts that two networks, or state dicts, are equal bit for bit."""

    def check(one, other):
        states = [thing.state_dict() if isinstance(thing, torch.nn.Module) else thing for thing in (one, other)]
        assert states[0].keys() == states[1].keys()
        different = [name for name, tensor in states[0].items() if not torch.equal(tensor, states[1][name])]
        assert different == []

    return check


SERVER = """
import json, os, sys, traceback
import gpreg
import matplotlib.pyplot, safetensors.torch, torch
from gpreg.cli import progress, train
from gpreg.cli.main import main
from gpreg.training import costs, run

gpreg.load_registry()
torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # the first one imports as much as torch itself
for line in sys.stdin:
    job = json.loads(line)
    if "wait" in job:
        print(os.waitstatus_to_exitcode(os.waitpid(job["wait"], 0)[1]), flush=True)
        continue
    process = os.fork()
    if process == 0:
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1), os.dup2(log, 2)
        os.environ.update(job["environment"])
        try:
            code = main(job["words"]) if job["code"] is None else exec(job["code"], {}) or 0
        except AssertionError:
            traceback.print_exc()
            code = 1
        finally:
            sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)
    print(process, flush=True)
"""


class Command:
    """A running ``gpreg`` command."""

    def __init__(self, ask, words, log, environment, code):
        self._ask, self._log, self._code = ask, log, None
        job = {"words": [str(word) for word in words], "log": str(log), "environment": environment, "code": code}
        self.pid = int(ask(job))

    def kill(self, number):
        os.kill(self.pid, number)

    def running(self):
        """Whether it has not ended; a process that has, and was not waited for, is a zombie."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"

    def wait(self):
        """Its exit code; minus the signal's number if one killed it."""
        if self._code is None:
            self._code = int(self._ask({"wait": self.pid}))
        return self._code

    @property
    def told(self):
        return self._log.read_text()


@pytest.fixture(scope="session")
def command(tmp_path_factory):
    """Starts ``gpreg`` commands, or Python code, in processes of their own, forked from one that has imported torch."""
    logs, numbers = tmp_path_factory.mktemp("logs"), count()
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(job):
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        return server.stdout.readline()

    def start(*words, code=None, **environment):
        return Command(ask, words, logs / f"{next(numbers)}.log", environment, code)

    yield start
    server.stdin.close()
    assert server.wait(60) == 0
    server.stdout.close()


TIMING = ("seconds", "images_per_second", "steps")


@pytest.fixture(scope="session")
def ends():
    """What a run has come to, but for what tells the time: weights and state bit for bit, statistics, scores."""

    def read(path):
        folder = RunFolder.open(path)
        last = folder.checkpoints.load(pytest.fail)
        lines = [
            {key: value for key, value in row.items() if key not in TIMING}
            for row in folder.stats.read() + folder.metrics.read()
        ]
        return {"step": last.step, "weights": plain(last.weights), "state": plain(last.state), "lines": lines}

    return read


def plain(value):
    """Tensors as what can be compared by ``==``."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.contiguous().flatten().view(torch.uint8).numpy().tobytes()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value

"""An architecture of somebody else's: two plain modules, a name and a summary, trained by its name alone."""

import json

import pytest

NETWORKS = """
import gpreg

@gpreg.hookimpl
def gpreg_architectures():
    return [
        gpreg.ArchitectureSpec(name=name, factory=f"fake_deep:{name.capitalize()}", summary="s")
        for name in ("plain", "narrow", "nothing")
    ]
"""
DEEP = """
from torch import nn
from gpreg.interfaces import Architecture

class Plain(Architecture):
    def generator(self, spec):
        return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))

    def critic(self, spec):
        return nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))

class Narrow(Plain):
    def generator(self, spec):
        return nn.Linear(4, 1)

class Nothing(Plain):
    def critic(self, spec):
        return None
"""


@pytest.fixture
def foreign(site):
    site.install("foreign", NETWORKS)
    (site.folder / "fake_deep.py").write_text(DEEP)
    return site


def test_it_trains_by_its_name_alone(foreign, call, tmp_path):
    run = tmp_path / "run"
    quiet = ("tick=1", "picture_ticks=0", "gap_samples=0", "check_samples=0")
    words = ("--steps", "2", "--metric", "none", *(word for key in quiet for word in ("--set", f"report.{key}")))
    result = call("train", "--arch", "plain", *words, "--out", str(run))
    assert result.code == 0, result.err
    assert (
        "Note: architecture 'plain' names no recipe; what is not chosen here is taken from the recipe 'plane', "
        in result.err
    )
    result = call("evaluate", str(run), "--metric", "modes", "-n", "100", "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("narrow", "the generator of architecture 'narrow' of fake-foreign 1.0 makes (2, 1) of 2 codes; samples like"),
        (
            "nothing",
            "the critic of architecture 'nothing' of fake-foreign 1.0 is a NoneType; it must be",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_there_is_a_folder(foreign, call, tmp_path, name, reason):
    for words in (["--out", str(tmp_path / "run")], ["--dry-run"]):
        result = call("train", "--arch", name, *words)
        assert result.code == 3, result.err
        assert reason in result.err
    assert not (tmp_path / "run").exists()

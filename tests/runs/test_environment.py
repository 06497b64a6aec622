import json
from importlib.metadata import version

import torch

import gpreg
from gpreg.recipe import load
from gpreg.runs.environment import environment
from gpreg.runs.plan import Supply


def test_it_says_what_a_run_was_made_with(registry):
    found = json.loads(
        json.dumps(environment(Supply(registry=registry).plan(load("plane", registry)), torch.device("cpu"), 2))
    )
    assert found["gpreg"] == gpreg.__version__
    assert (found["device"], found["cuda"], found["processes"]) == ("cpu", None, 2)
    assert found["packages"]["torch"] == version("torch")
    assert {"name", "package", "version", "state"} == set(found["plugins"][0])


def test_a_torn_distribution_is_left_out(registry, tmp_path, monkeypatch):
    for name, text in {"nameless": "", "torn": "\x00\xff", "versionless": "Name: versionless\n"}.items():
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(text, encoding="latin-1")
    (tmp_path / "empty-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    found = environment(Supply(registry=registry).plan(load("plane", registry)), torch.device("cpu"), 1)["packages"]
    assert found["torch"] == version("torch")
    assert "versionless" not in found

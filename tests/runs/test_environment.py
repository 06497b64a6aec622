import json
from importlib.metadata import version

import torch

import gpreg
from gpreg.runs.environment import environment


def test_it_says_what_a_run_was_made_with(registry):
    found = json.loads(json.dumps(environment(registry, torch.device("cpu"), 2)))
    assert found["gpreg"] == gpreg.__version__
    assert (found["device"], found["cuda"], found["processes"]) == ("cpu", None, 2)
    assert found["packages"]["torch"] == version("torch")
    assert {"name", "package", "version", "state"} == set(found["plugins"][0])

"""Without the package gpreg-theory everything else works, and what is asked of it names what to install."""

import json
from pathlib import Path

import pytest

INSTALL = "`pip install gpreg-theory` brings it"

ABSENT = """
import json, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "gpreg_theory":
            raise ModuleNotFoundError("there is no theory", name=name)

sys.meta_path.insert(0, Absent)

from gpreg.registry import discovery
installed = discovery.installed
discovery.installed = lambda group: [point for point in installed(group) if point.package != "gpreg-theory"]

import gpreg
from gpreg.cli.main import main

results = []
for words in json.loads(sys.argv[1]):
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main(words)
    results.append([int(code), out.getvalue(), err.getvalue()])
try:
    gpreg.experiment("plane").check()
except gpreg.errors.UsageError as error:
    results.append([2, "", str(error)])
print(json.dumps(results))
"""
WORKS = {
    "train": "train {recipe} --out {run} --check-every 1",
    "resume": "resume {run} --steps 12",
    "sample": "sample {run} -n 4 --out {run}.npz",
    "evaluate": "evaluate {run} --metric modes -n 50",
    "dry run": "train plane --dry-run",
    "plugins": "plugins",
    "measures": "list-measures",
    "measure": "show measure mid",
    "help": "--help",
}
ASKS = {
    "rho": "train {recipe} --out {run}-2 --rho auto",
    "dry rho": "train {recipe} --rho auto --dry-run",
    "strict": "train {recipe} --out {run}-2 --strict",
    "strict resume": "resume {run} --steps 14 --strict",
    "retune": "train {recipe} --out {run}-2 --set penalty.retune_ticks=1",
    "check": "check plane",
    "stability": "stability dirac",
    "stability help": "stability --help",
    "experiment.check": "",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory, plane):
    """What each command ends with, in one process in which nothing of the theory can be imported."""
    import subprocess
    import sys

    paths = {"recipe": plane.recipe, "run": tmp_path_factory.mktemp("without") / "run"}
    lines = {name: line.format(**paths).split() for name, line in (WORKS | ASKS).items()}
    commands = json.dumps([words for words in lines.values() if words])
    done = subprocess.run([sys.executable, "-c", ABSENT, commands], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = dict(zip(lines, json.loads(done.stdout), strict=True))
    return results | {
        "run": [path.name for path in Path(paths["run"]).iterdir()],
        "left": list(paths["run"].parent.iterdir()),
    }


@pytest.mark.parametrize("name", WORKS)
def test_everything_else_works(told, name):
    code, out, err = told[name]
    assert code == 0, err
    assert out
    assert "Warning" not in err
    assert "left out" not in err


@pytest.mark.parametrize("name", ASKS)
def test_what_is_asked_of_it_names_what_to_install(told, name):
    code, out, err = told[name]
    assert (code, out) == (2, "")
    assert INSTALL in err
    assert "did you mean" not in err


def test_checks_at_ticks_that_nobody_makes_are_a_note(told):
    assert f"Note: report.check_ticks = 1, and no advisor is there to be asked: {INSTALL}" in told["train"][2]


def test_the_run_is_whole_but_for_the_advice(told):
    assert "checks.json" not in told["run"]
    assert {"recipe.toml", "stats.jsonl", "metrics.jsonl", "checkpoints", "environment.json"} <= set(told["run"])
    assert sorted(path.name for path in told["left"]) == ["run", "run.npz"]


@pytest.mark.parametrize("words", ["check plane", "stability dirac", "train plane --rho auto --dry-run"])
def test_one_that_is_not_loaded_is_said_to_be_installed(call, words):
    result = call("--no-plugin", "theory", *words.split())
    assert result.code == 2
    assert "theory (gpreg-theory 0.1.0) is installed and not loaded (disabled by --no-plugin)" in result.err
    assert "pip install" not in result.err


def test_a_misspelled_command_is_still_answered_with_the_nearest(call):
    result = call("--no-plugin", "theory", "chekc")
    assert result.code == 2
    assert "there is no command named 'chekc'" in result.err

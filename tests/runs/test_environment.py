import json
import subprocess
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


def test_the_commit_is_that_of_the_folder_one_is_in(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    def commit():
        return environment(registry, torch.device("cpu"), 1)["commit"]

    assert commit() is None
    own = ["git", "-c", "user.name=x", "-c", "user.email=x@y", "-c", "commit.gpgsign=false"]
    (tmp_path / "file").write_text("one")
    for words in (["init", "-q"], ["add", "file"], ["commit", "-qm", "one"]):
        subprocess.run([*own, *words], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert commit() == head
    (tmp_path / "file").write_text("two")
    assert commit() == head + "+"


def test_without_git_there_is_no_commit(registry, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert environment(registry, torch.device("cpu"), 1)["commit"] is None

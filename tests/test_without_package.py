"""The tutorial on own networks is followed: its file is written, and each line typed, with fewer steps."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from gpreg.cli.main import main

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "tutorials" / "own-networks.md").read_text(encoding="utf-8")
(FILE,) = re.findall(r"```python\n(# mine\.py\n.*?)```", PAGE, flags=re.DOTALL)
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) for line in block.splitlines()]
FEW = {"200": "4", "400": "6"}
KEYS = {"tick": 2, "score_ticks": 0, "gap_samples": 16, "check_samples": 0, "picture_ticks": 0, "checkpoint_ticks": 1}
SHORT = ["--metric", "none", "--batch-size", "64"]
SHORT += [word for key, value in KEYS.items() for word in ("--set", f"report.{key}={value}")]


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "mine.py").write_text(FILE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in LINES:
            program, *words = shlex.split(line)
            assert program == "gpreg"
            words = [FEW.get(word, word) for word in words] + (SHORT if words[0] == "train" else [])
            assert main(words) == 0, line
    return folder


def test_the_lines_train_and_go_on(followed):
    assert (followed / "ring" / "checkpoints" / "step-000000006").is_dir()
    assert np.load(followed / "ring.npz")["samples"].shape == (64, 2)
    recipe = (followed / "ring" / "recipe.toml").read_text()
    assert '[architecture]\nname = "mine.py:NETWORKS"\nwidth = 32\n' in recipe


def test_nothing_is_imported_that_nobody_typed(followed, monkeypatch, capsys):
    monkeypatch.chdir(followed)
    (followed / "mine.py").write_text("open('imported', 'w').close()\n" + FILE)
    (followed / "ring" / "mine.py").write_text("open('imported', 'w').close()\n" + FILE)
    for line in (
        "resume ring",
        "sample ring -n 4 --out a.npz",
        "evaluate ring",
        "check ring",
        "train ring/recipe.toml",
    ):
        assert main(line.split()) == 2
        assert "--plugin" in capsys.readouterr().err
    assert not (followed / "imported").exists()
    assert main(["resume", "ring", "--plugin", "mine.py"]) == 2
    assert "has changed since" in capsys.readouterr().err

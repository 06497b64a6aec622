"""The page on training is followed from its first line to its last, with fewer steps."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from gpreg.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reference" / "training.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
KEYS = {"tick": 2, "picture_ticks": 0, "score_ticks": 0, "score_samples": 1000, "gap_samples": 50, "check_samples": 0}
SHORT = ["--steps", "4", *(word for key, value in KEYS.items() for word in ("--set", f"report.{key}={value}"))]


def lines(page: str) -> list[str]:
    """What a reader types."""
    typed = [line for block in re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL) for line in block.splitlines()]
    return [line.partition(" #")[0].strip() for line in typed]


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The folder in which every line was typed, one after the other."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GPREG_CACHE", str(tmp_path_factory.mktemp("cache")))
        for line in lines(PAGE):
            assert run(*line.partition(" > ")[::2]) == 0, line
    return folder


def run(line: str, target: str) -> int:
    program, *words = shlex.split(line)
    words += SHORT if "train" in words else []
    if "resume" in words and "--steps" in words:
        words[words.index("--steps") + 1] = "6"
    words += ["--modes", "2"] if "stability" in words else []
    if program == "torchrun":  # here in one process; tests/training/test_distributed.py starts two
        program, *words = words[words.index("-m") + 1 :]
    assert program == "gpreg"
    if not target:
        return main(words)
    with Path(target).open("w", encoding="utf-8") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", file)
        return main(words)


def table(heading: str) -> set[str]:
    """What the first column of the table after a heading names."""
    rows = PAGE.partition(heading)[2].partition("| ---")[0].partition("\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


def test_every_line_is_accepted(followed):
    assert {path.name for path in (followed / "runs").iterdir()} == {
        *("first", "gulrajani", "dragan", "mine", "two", "auto", "tuned")
    }
    assert {path.name for path in (followed / "samples").iterdir()} == {
        *("points.png", "points.npz", "grid.png", "between.png", "images")
    }


@pytest.mark.parametrize("text", RECIPES)
def test_every_recipe_passes_a_dry_run(text, tmp_path):
    (tmp_path / "recipe.toml").write_text(text, encoding="utf-8")
    assert main(["train", str(tmp_path / "recipe.toml"), "--dry-run"]) == 0


def test_the_folder_has_the_files_of_the_table(followed):
    run = followed / "runs" / "mine"  # of images, so that there is a grid of real ones
    named = table("## The run's folder")
    assert {name.partition("/")[0] for name in named} == {path.name for path in run.iterdir()}
    assert all(list(run.glob(name)) for name in named)


def test_lines_have_the_fields_of_their_tables(followed):
    run = followed / "runs" / "mine"  # its data has a held-out part
    stats = [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]
    named = {name for name in table("`stats.jsonl`; what") if "NAME" not in name}  # the run has no regularizers
    of_learners = {"measure_loss", "measure_gradient"}  # its measure does not learn
    assert set().union(*stats) == named - of_learners
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert set().union(*metrics) == table("\n`metrics.jsonl`:")

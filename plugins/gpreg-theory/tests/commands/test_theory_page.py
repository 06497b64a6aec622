"""Commands that the help of check and stability shows, and the fair comparisons of the theory page, are run."""

import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[4] / "docs" / "tutorials" / "theory.md"
RUN = "runs/00000-mid-mlp-8gaussians"
"""The run that help and documentation name."""

FEWER = {"check": ["--set", "report.check_samples=64"], "train": ["--set", "report.check_samples=64"]}
"""What makes a command faster and changes nothing else."""


def commands(text):
    """The lines that show a command, without gpreg itself."""
    return [shlex.split(line)[1:] for line in re.findall(r"^ {4,}(gpreg .*)$", text, re.MULTILINE)]


def faster(words):
    networks = words[0] == "stability" and words[1] in ("plane", RUN)
    return [*words, *(["--modes", "2", "--set", "report.check_samples=64"] if networks else FEWER.get(words[0], []))]


@pytest.mark.parametrize("words", [own for own in commands(PAGE.read_text(encoding="utf-8")) if "--dry-run" in own])
def test_the_fair_comparisons_print_the_number_that_they_would_take(call, words):
    found = call(*faster(words))
    assert found.code == 0
    assert re.search(r"^rho = [0-9.e-]+: ", found.err, re.MULTILINE)


@pytest.mark.parametrize("name", ["check", "stability"])
def test_help_shows_commands_that_work(call, name, plane, tmp_path, monkeypatch):
    shown = commands(call(name, "--help").out)
    assert len(shown) == 2
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / RUN).symlink_to(plane.path)
    for words in shown:
        found = call(*faster(words))
        assert found.code == 0, found.err

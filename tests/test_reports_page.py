"""The page on reports is followed from its first line to its last, with fewer steps."""

import re
import shlex
from pathlib import Path

import pytest

from gpreg.cli.main import main

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "how-to" / "reports.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) for line in block.splitlines()]
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
KEYS = {"tick": 2, "picture_ticks": 0, "score_samples": 1000, "gap_samples": 0, "check_samples": 0}
SHORT = [
    "--steps",
    "4",
    "-A",
    "width=16",
    *(word for key, value in KEYS.items() for word in ("--set", f"report.{key}={value}")),
]


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in LINES:
            program, *words = shlex.split(line)
            assert program == "gpreg"
            assert main(words + SHORT * (words[0] == "train")) == 0, line
        for block in BLOCKS:
            exec(block, {})
    return folder


def test_every_line_leaves_what_it_says(followed):
    for name in ("measures", "report", "runs/mid-0/report", "two"):
        assert (followed / f"{name}.html").is_file()
        assert (followed / f"{name}.md").is_file()


def test_the_answer_is_about_the_score_that_was_asked_for(followed):
    text = (followed / "runs" / "mid-0" / "report.md").read_text(encoding="utf-8")
    assert "\n**On 8gaussians, by modes/modes, mid has" in text

"""The page on citing is followed from its first line to its last."""

import re
import shlex
from pathlib import Path

import bibtexparser

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "how-to" / "cite.md").read_text(encoding="utf-8")


def test_every_line_and_the_python_block_run(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ((typed,), (python,)) = (re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL) for kind in ("sh", "python"))
    for line in typed.splitlines():
        few = ["--metric", "none", "--set", "report.picture_ticks=0"] if " train " in line else []
        result = call(*shlex.split(line)[1:], *few)
        assert result.code == 0, result.err
    entries = {entry.key for entry in bibtexparser.parse_string(Path("references.bib").read_text("utf-8")).entries}
    exec(python, {})  # the project's own text
    again = {entry.key for entry in bibtexparser.parse_string(Path("references.bib").read_text("utf-8")).entries}
    assert "nagarajan2017gradient" in entries & again
    assert "mescheder2018which" in again - entries

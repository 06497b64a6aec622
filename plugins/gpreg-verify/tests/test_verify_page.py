"""The page on verifying says what the command says."""

import re
from pathlib import Path

import gpreg_verify
from gpreg_verify.commands import verify

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "verify.md").read_text(encoding="utf-8")


def test_the_example_is_told_as_on_the_page():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    (told,) = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    names = {}
    exec(code, names)  # the project's own text
    found = gpreg_verify.examine(names["gradient_penalty"], name="losses.py:gradient_penalty")
    # The numbers are of measurements, the last digits of which depend on the machine.
    assert _rounded(f"✗ {found.text}".split()) == _rounded(told.split())


def _rounded(words):
    return [re.sub(r"(\d\.\d\d)\d+", r"\1", word) for word in words]


def test_every_defect_has_a_line():
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, flags=re.MULTILINE) == list(gpreg_verify.DEFECTS)


def test_the_document_has_the_keys_of_the_page():
    (document,) = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    keys = re.findall(r'"(\w+)": ', document)
    assert keys == [*verify.WANTED[:3], *verify.IDENTIFIED, "defects", "name", "evidence", "remedy"]

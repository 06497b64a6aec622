"""The page on regularizers: every name and every test in its rows exists, and no installed name is missing."""

import re
from pathlib import Path

import pytest

import gpreg

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reference" / "regularizers.md").read_text(encoding="utf-8")
ROWS = PAGE.partition("<!-- rows")[2].partition("<!-- end of rows -->")[0]
TESTS = sorted(set(re.findall(r"`([\w/.-]+\.py)::(test_\w+)`", ROWS)))
NAMED = re.findall(r"\b(regularizer|constraint|augmentation|measure|form) `([\w+-]+)`", ROWS)
BESIDE = ("regularizer", "constraint", "augmentation")


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_row_names_a_test_that_there_is(file, name):
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_each_row_has_a_test_or_says_that_there_is_nothing():
    lines = [line for line in ROWS.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    bare = [row[0] for row in rows if row[0] not in ("StudioGAN", "name") and ("not there" in row[3]) == bool(row[4])]
    assert bare == []


def test_the_rows_are_what_is_installed():
    specs = {kind: {spec.name for spec in gpreg.load_registry().list(kind)} for kind in {kind for kind, _ in NAMED}}
    assert [pair for pair in NAMED if pair[1] not in specs[pair[0]]] == []
    own = {
        (kind, spec.name)
        for kind in BESIDE
        for spec in gpreg.load_registry().list(kind)
        if (ROOT / "plugins" / spec.package).is_dir()
    }
    assert own == {pair for pair in NAMED if pair[0] in BESIDE}

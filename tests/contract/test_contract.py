"""What authors of plugins and scripts rely on changes on purpose only, and not unnoticed."""

import difflib
from pathlib import Path

import pytest
from contract import documents
from contract.write import PARTS

HERE = Path(__file__).parent

REMEDY = """
If that is meant: `python tests/contract/write.py` writes the new contract, and CHANGELOG.md tells of it, under
"Changed" what breaks somebody's plugin or script. A key of JSON that is renamed or removed needs a new number of its
schema.
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return documents.train(tmp_path_factory.mktemp("contract"))


@pytest.mark.parametrize("name", PARTS)
def test_the_contract_is_as_it_was_written(name, run):
    kept, now = (HERE / name).read_text("utf-8"), PARTS[name](run)
    changes = difflib.unified_diff(kept.splitlines(), now.splitlines(), f"tests/contract/{name}", "now", "", "", n=0)
    assert now == kept, "\n".join(["the public contract has changed", *changes, REMEDY])


def test_every_part_is_compared():
    assert {path.name for path in HERE.glob("*.txt")} == set(PARTS)


def test_a_change_is_seen(monkeypatch, run):
    from gpreg.registry import schema

    row = schema.row
    monkeypatch.setattr(documents, "WORDS", ("list-forms",))
    before = documents.printed(run)
    monkeypatch.setattr(schema, "row", lambda spec: row(spec) | {"name": None, "more": 1.5})
    after = set(documents.printed(run).splitlines()) - set(before.splitlines())
    assert after == {"    forms[].name: null", "    forms[].more: number"}

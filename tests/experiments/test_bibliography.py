"""Publications, each once, under a key of its own."""

import json
from dataclasses import replace

import bibtexparser
import pytest

from gpreg import Citation
from gpreg.errors import StorageError
from gpreg.experiments.bibliography import Citations, Use

ONE = Citation(key="one2018", authors="One, A.", title="A Title", year=2018, venue="V", arxiv="1801.00001")
OTHER = Citation(key="one2018", authors="Two, B.", title="Another", year=2018, venue="W")


def cited(*uses):
    return Citations(used=tuple(Use(citation=cite, what=what, name=name) for cite, what, name in uses))


def test_a_publication_comes_once_with_all_its_uses():
    table = replace(ONE, part="Table 1")
    (entry,) = cited((table, "measure", "mid"), (ONE, "form", "squared"), (table, "measure", "pd"))
    assert entry.uses == ("measure mid, pd (Table 1)", "form squared")
    assert entry.citation == ONE
    assert entry.bibtex.startswith("% measure mid, pd (Table 1); form squared\n@inproceedings{one2018,\n")


def test_two_plugins_that_write_one_publication_differently_cite_it_once():
    again = replace(ONE, key="mine", title="A title", arxiv=None)
    assert [entry.key for entry in cited((ONE, "measure", "mid"), (again, "loss", "w"))] == ["one2018"]


def test_two_publications_never_share_a_key():
    third = replace(OTHER, key="ONE2018", title="A Third")
    keys = [entry.key for entry in cited((ONE, "measure", "mid"), (OTHER, "loss", "w"), (third, "form", "f"))]
    assert keys == ["one2018", "one2018b", "ONE2018c"]


def test_what_names_no_publication_is_said():
    found = replace(cited((ONE, "measure", "mid"), (None, "observer", "bell")), sources=("me@home; measured",))
    assert found.uncited == ("observer bell",)
    assert found.bibtex.endswith(
        "}\n\n% the recipe's source: me(at)home; measured\n% without a publication: observer bell\n"
    )
    assert [entry.key for entry in bibtexparser.parse_string(found.bibtex).entries] == ["one2018"]


def test_theory_is_added_when_asked():
    found = replace(cited((ONE, "measure", "mid")), theory=(Use(citation=OTHER, what="advisor", name="theory"),))
    assert [len(found), len(found.with_theory)] == [1, 2]


def test_the_document_has_what_the_text_has(tmp_path):
    found = cited((ONE, "measure", "mid"), (OTHER, "loss", "w"))
    document = found.document()
    assert document["schema"] == 1
    assert [row["key"] for row in document["citations"]] == ["one2018", "one2018b"]
    assert all(row["bibtex"] in str(found) for row in document["citations"])
    found.save(tmp_path / "new" / "a.json", as_json=True)
    assert json.loads((tmp_path / "new" / "a.json").read_text("utf-8")) == document


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        cited((ONE, "measure", "mid")).save(tmp_path / "file" / "a.bib")

"""A citation as an entry of BibTeX, read by somebody else's parser."""

import bibtexparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg import Citation, load_registry
from gpreg.registry.citation import plain_key
from gpreg.registry.kinds import KINDS

INSTALLED = {cite.key: cite for kind in KINDS for spec in load_registry().list(kind) for cite in spec.cites}


def read(text):
    """The type, key and fields of the only entry, of which nothing could not be read."""
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    assert library.comments == []
    (entry,) = library.entries
    return entry.entry_type, entry.key, {field.key: field.value for field in entry.fields}


def paper(**changes):
    return Citation(**{"key": "k", "authors": "A, B", "title": "T", "year": 2017, "venue": "V", **changes})


@pytest.mark.parametrize("cite", INSTALLED.values(), ids=INSTALLED)
def test_what_is_installed_is_read_back(cite):
    kind, key, fields = read(cite.bibtex())
    assert key == cite.key
    assert (fields["author"], fields["title"], fields["year"]) == (cite.authors, f"{{{cite.title}}}", str(cite.year))
    assert fields.get("eprint") == cite.arxiv
    place = {"inproceedings": "booktitle", "article": "journal", "techreport": "institution", "misc": "howpublished"}
    assert fields[place[kind]] == cite.venue
    assert (kind == "article") == ("volume" in fields)


def test_an_article_has_volume_number_and_pages():
    kind, _, fields = read(paper(entry="article", volume="86", number="11", pages="2278-2324", doi="10.1/a_b").bibtex())
    assert kind == "article"
    assert fields == {
        "author": "A, B",
        "title": "{T}",
        "journal": "V",
        "volume": "86",
        "number": "11",
        "pages": "2278--2324",
        "year": "2017",
        "doi": "10.1/a_b",
    }


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Fréchet", "Fréchet"),
        ("Fr{\\'e}chet", "Fr{\\'e}chet"),
        ("R&D, 50%, a_b, #1, 2^3", r"R\&D, 50\%, a\_b, \#1, 2\^{}3"),
        (r"R\&D", r"R\&D"),
        ("$\\mu_1$-WGAN for 5$", r"$\mu_1$-WGAN for 5\$"),
        ("half } of {a pair", "half  of a pair"),
        ("ends with \\", r"ends with \textbackslash{}"),
    ],
)
def test_what_latex_would_not_print_is_escaped(text, printed):
    assert read(paper(title=text).bibtex())[2]["title"] == f"{{{printed}}}"


def test_an_author_that_is_no_person_is_named_whole():
    assert str(paper(authors="{The Board of It}")) == "The Board of It (2017), T"


def test_an_entry_is_of_a_known_type():
    with pytest.raises(ValueError, match="entry of 'k' must be one of"):
        paper(entry="journal")


TEXT = st.text(st.sampled_from("ab {}\\$%&#_^~é\n,=\"'()-"), max_size=12)


@given(TEXT, TEXT, TEXT, TEXT)
def test_any_text_makes_one_entry(key, title, venue, doi):
    kind, read_key, fields = read(paper(key=key, title=title, venue=venue, doi=doi).bibtex())
    assert (kind, read_key) == ("inproceedings", plain_key(key))
    assert set(fields) == {"author", "title", "year"} | ({"booktitle"} if venue else set()) | (
        {"doi"} if doi else set()
    )

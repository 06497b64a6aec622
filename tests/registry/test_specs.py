from dataclasses import FrozenInstanceError, fields

import pytest

import gpreg
from gpreg import Citation, Claim, CommandSpec, FormSpec, MeasureSpec
from gpreg.registry import schema
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.kinds import KINDS

PAPER = Citation(
    key="kim2018",
    authors="Kim, Cheolhyeong and Park, Seungtae",
    title="Local Stability of {GAN}s",
    year=2018,
    venue="arXiv preprint",
    arxiv="1810.02528",
    part="Table 1",
)


def measure(**changes):
    return MeasureSpec(**{"name": "x", "factory": "a:B", "summary": "s", "penalty": "p", "sampling": "q"} | changes)


def test_a_citation_in_words_and_as_bibtex():
    assert str(PAPER) == "Kim and Park (2018), Local Stability of {GAN}s, Table 1"
    assert PAPER.bibtex() == (
        "@misc{kim2018,\n"
        "  author = {Kim, Cheolhyeong and Park, Seungtae},\n"
        "  title = {{Local Stability of {GAN}s}},\n"
        "  year = {2018},\n"
        "  howpublished = {arXiv preprint},\n"
        "  eprint = {1810.02528},\n"
        "  archiveprefix = {arXiv}\n"
        "}"
    )


@pytest.mark.parametrize(
    ("authors", "words"),
    [
        ("Wu, Jiqing", "Wu"),
        ("Lim, Jae Hyun and Ye, Jong Chul", "Lim and Ye"),
        ("Kim, C. and Park, S. and Hwang, H.", "Kim, Park and Hwang"),
        ("Wu, J. and Huang, Z. and Thoma, J. and Van Gool, Luc", "Wu et al."),
    ],
)
def test_many_authors_are_shortened(authors, words):
    assert str(Citation(key="k", authors=authors, title="T", year=2017, venue="V")) == f"{words} (2017), T"


def test_a_conference_paper_is_in_its_proceedings():
    entry = Citation(key="k", authors="A", title="T", year=2017, venue="NeurIPS").bibtex()
    assert entry.startswith("@inproceedings{k,\n")
    assert "booktitle = {NeurIPS}" in entry
    assert "eprint" not in entry
    assert entry.count("{") == entry.count("}")


@pytest.mark.parametrize(("assumption", "verdict"), [("7", "holds"), ("5", "holds"), ("5a", "maybe")])
def test_a_claim_is_about_a_known_assumption_with_a_known_verdict(assumption, verdict):
    with pytest.raises(ValueError, match=r"no assumption|verdict"):
        Claim(assumption=assumption, verdict=verdict, because="b")


@pytest.mark.parametrize("name", ["mid", "pd+pg", "g-anc", "8gaussians", "a.b_c"])
def test_names_that_can_be_typed(name):
    assert measure(name=name).name == name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Mid"}, "name 'Mid' must be lower-case"),
        ({"name": ""}, "must be lower-case"),
        ({"name": "-x"}, "must be lower-case"),
        ({"name": "a b"}, "must be lower-case"),
        ({"name": 3}, "name of 3 must be text"),
        ({"summary": None}, "summary of 'x' must be text, not None"),
        ({"mass": 1}, "mass of 'x' must be text, not 1"),
        ({"factory": "a.B"}, "must be 'module:attribute' or a callable"),
        ({"options": dict}, "options of 'x' must be a dataclass"),
        ({"options": 3}, "options of 'x' must be a dataclass or 'module:attribute'"),
        ({"options": "no-reference"}, "options of 'x' must be a dataclass or 'module:attribute'"),
        ({"cites": PAPER}, "cites of 'x' must be a tuple of Citation"),
        ({"cites": ("kim2018",)}, "cites of 'x' must be a tuple of Citation"),
        ({"claims": ("5a",)}, "claims of 'x' must be a tuple of Claim"),
        ({"claims": (Claim(assumption="5a", verdict="holds", because="b"),) * 2}, "two claims on one assumption"),
    ],
)
def test_a_spec_that_would_break_a_listing_is_refused(changes, reason):
    with pytest.raises((TypeError, ValueError), match=reason):
        measure(**changes)


@pytest.mark.parametrize("spec", [measure(), CommandSpec(name="x", factory="a:b", summary="s")])
def test_specs_are_frozen_and_keyword_only(spec):
    with pytest.raises(FrozenInstanceError):
        spec.name = "y"
    with pytest.raises(TypeError):
        type(spec)("x")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_name_a_factory_and_a_summary_suffice_and_read_well(kind):
    spec = kind.spec(name="x", factory="a:b", summary="s", package="p", version="1")
    assert all(value != "" and "object" not in str(value) for value in schema.row(spec).values())


def test_the_penalty_is_written_in_terms_of_the_form():
    assert MeasureSpec(name="x", factory="a:B", summary="s").penalty == "E_mu[|grad D|^2]"
    assert MeasureSpec(name="x", factory="a:B", summary="s", form="one-sided").penalty == "E_mu[one-sided(grad D)]"


def test_specs_compare_by_kind_and_value():
    assert measure() == measure()
    assert measure() != measure(name="y")
    same = {"name": "x", "factory": "a:b", "summary": "s"}
    assert CommandSpec(**same) == CommandSpec(**same)
    assert CommandSpec(**same) != gpreg.CheckSpec(**same)


def test_a_spec_has_no_field_without_a_word_about_it():
    for kind in KINDS.values():
        documented = "".join(cls.__doc__ or "" for cls in kind.spec.__mro__)
        for field in fields(kind.spec):
            assert field.name in documented


def test_assumptions_are_numbered_as_in_the_paper():
    assert tuple(ASSUMPTIONS) == ("1", "2", "3", "4", "5a", "5b", "5c", "6a", "6b", "6c", "H0")
    assert "a small neighbourhood of S" in ASSUMPTIONS["5c"].statement  # of a large one it would say nothing
    assert isinstance(FormSpec(name="f", factory=dict, summary="s", formula="x").factory, type)

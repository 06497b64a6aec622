import json

import numpy as np
import pytest

from gpreg.interfaces import Finding
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.plain import plain
from gpreg_theory.checks.report import ALWAYS, RANK, STRONG, WEAK, Report

WORDS = ("holds", "violated", "undecided")


def found(assumption, verdict, basis="measured", evidence="seen", remedy=""):
    return Finding(assumption=assumption, verdict=verdict, basis=basis, evidence=evidence, remedy=remedy)


def report(simple=True, **verdicts):
    """All that the theorem needs holds, but what is said otherwise: ``A6b="violated"``."""
    given = dict.fromkeys((*ALWAYS, *WEAK), "holds") | {name[1:]: verdict for name, verdict in verdicts.items()}
    return Report(
        findings=tuple(found(name, verdict, remedy="do it") for name, verdict in given.items()), simple=simple
    )


def test_a_witness_beats_everything_and_evidence_beats_a_declaration():
    order = [found("6b", verdict, basis) for verdict, basis in RANK]
    for index, decisive in enumerate(order):
        own = Report(findings=tuple(reversed(order[index:]))).decisive("6b")
        assert (own.verdict, own.basis) == (decisive.verdict, decisive.basis)


def test_a_claim_that_is_refuted_is_told():
    claim, witness = found("6b", "holds", "declared"), found("6b", "violated")
    assert Report(findings=(claim, witness)).decisive("6b").evidence == "the claim that it holds is refuted: seen"
    upheld = Report(findings=(claim, found("6b", "holds", "proved"))).decisive("6b")
    assert upheld.evidence == "seen"
    open_ = Report(findings=(found("6b", "undecided", "declared"), witness)).decisive("6b")
    assert open_.evidence == "seen"


def test_what_nobody_speaks_of_is_undecided():
    table = Report(findings=()).table
    assert [own.assumption for own in table] == list(ASSUMPTIONS)
    assert {own.verdict for own in table} == {"undecided"}


@pytest.mark.parametrize(("weak", "strong"), list(zip(WEAK, STRONG, strict=True)))
@pytest.mark.parametrize("verdict", WORDS)
def test_the_weak_version_follows_from_the_strong_one_if_that_holds(weak, strong, verdict):
    own = Report(findings=(found(strong, verdict), found(weak, "undecided"), found("1", "holds")))
    assert own.decisive(weak).verdict == ("holds" if verdict == "holds" else "undecided")
    assert Report(findings=(found(strong, "holds"), found(weak, "violated"))).decisive(weak).verdict == "violated"


def test_6c_needs_assumption_1_to_follow():
    assert Report(findings=(found("5c", "holds"),)).decisive("6c").verdict == "undecided"


def test_the_theorem_applies_where_everything_holds():
    assert report().conclusion.outcome == "applies"
    own = report(A5c="violated")
    assert own.conclusion.outcome == "applies"
    assert "5c does not hold, and need not" in own.conclusion.text
    assert own.violated == ()


@pytest.mark.parametrize("name", [*ALWAYS, *WEAK])
def test_one_violation_is_enough(name):
    own = report(**{f"A{name}": "violated"})
    assert own.violated == (name,)
    assert own.conclusion.outcome == "violated"
    assert f"{name} is violated" in own.conclusion.text
    assert own.conclusion.changes == ("do it",)


@pytest.mark.parametrize("name", [*ALWAYS, *WEAK])
def test_one_that_is_open_leaves_it_open(name):
    conclusion = report(**{f"A{name}": "undecided"}).conclusion
    assert conclusion.outcome == "undecided"
    assert f"{name} is not decided" in conclusion.text


def test_of_another_form_nothing_is_said():
    own = report(simple=False, A6b="violated")
    assert own.conclusion.outcome == "other form"
    assert own.violated == ()


def test_it_is_plain_data():
    statistics = {"inf": float("inf"), "nan": float("nan"), "array": np.arange(2.0), "number": np.float64(1)}
    own = Finding(assumption="1", verdict="holds", basis="proved", evidence="so", statistics=statistics)
    whole = Report(findings=(own,), notes=("a note",)).to_dict()
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole
    assert whole["findings"][0]["statistics"] == {"inf": "inf", "nan": None, "array": [0.0, 1.0], "number": 1.0}
    assert whole["verdicts"]["1"] == {"verdict": "holds", "basis": "proved"}
    assert whole["notes"] == ["a note"]


def test_numbers_within_lists():
    assert plain((1, [float("-inf")]), infinity="text", nan="null") == [1, ["-inf"]]

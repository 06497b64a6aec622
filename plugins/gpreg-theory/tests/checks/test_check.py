from collections import Counter
from dataclasses import replace

import pytest

from gpreg.errors import MeasureError, UsageError
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg_theory.checks import case as module
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import deciding, holds, undecided, violated


@pytest.fixture
def context(constructions):
    return constructions.Game(point="training").context("mid")


def said(check, context):
    return [(finding.assumption, finding.verdict, finding.basis) for finding in check(context)]


def test_assumption_and_source_are_filled_in(context):
    @deciding("5b")
    def check(case):
        yield holds("seen", statistics={"n": 3}, basis="proved")

    (finding,) = check(context)
    assert (finding.assumption, finding.verdict, finding.basis) == ("5b", "holds", "proved")
    assert (finding.evidence, finding.statistics, finding.source) == ("seen", {"n": 3}, ASSUMPTIONS["5b"].source)


def test_of_several_assumptions_each_verdict_names_its_own(context):
    @deciding("5b", "5c")
    def check(case):
        yield violated("here", "do that", of="5c")
        yield undecided("who knows", of="5b")

    assert said(check, context) == [("5c", "violated", "measured"), ("5b", "undecided", "measured")]

    @deciding("5b", "5c")
    def nameless(case):
        yield holds("of what?")

    with pytest.raises(ValueError, match="too many values"):
        list(nameless(context))


def never(case):
    raise AssertionError("a check that does not apply was called")


@pytest.mark.parametrize(
    "where",
    [
        {"points": ("equilibrium",)},
        {"applies": lambda case: case.measure.needs <= {"real"}},
        {"elsewhere": {"equilibrium": "not here"}, "points": ("construction",)},
    ],
)
def test_a_check_that_does_not_apply_is_not_called(context, where):
    assert said(deciding("4", **where)(never), context) == []


def test_elsewhere_it_may_say_why(context):
    check = deciding("4", "1", points=("equilibrium",), elsewhere={"training": "not there yet"})(never)
    assert [(finding.assumption, finding.verdict, finding.evidence) for finding in check(context)] == [
        ("4", "undecided", "not there yet"),
        ("1", "undecided", "not there yet"),
    ]


def test_other_forms_than_the_theorems_are_looked_at_on_request_alone(context):
    other = replace(context, simple=False)
    assert said(deciding("4")(never), other) == []
    assert said(deciding("4", any_form=True)(lambda case: [holds("so it is")]), other) == [("4", "holds", "measured")]


def test_what_cannot_be_looked_at_is_undecided_and_what_was_said_before_counts(context):
    @deciding("1", "3")
    def check(case):
        yield holds("seen", of="1")
        raise UsageError("the critic cannot be copied", remedy="copy it")

    first, second = check(context)
    assert (first.assumption, first.verdict) == ("1", "holds")
    assert (second.assumption, second.verdict, second.evidence) == ("3", "undecided", "the critic cannot be copied")
    assert second.remedy == "copy it"


def test_what_a_broken_measure_has_let_it_say_does_not_count(context):
    @deciding("1", "3")
    def check(case):
        yield holds("seen", of="1")
        raise MeasureError("negative weights")

    findings = check(context)
    assert {(own.assumption, own.verdict) for own in (next(findings), next(findings))} == {
        ("1", "undecided"),
        ("3", "undecided"),
    }
    with pytest.raises(MeasureError, match="negative weights"):
        next(findings)


def test_a_case_finds_out_once(context, monkeypatch):
    calls = Counter()

    def structure(measure, batch, own=module.structure):
        calls["structure"] += 1
        return own(measure, batch)

    monkeypatch.setattr(module, "structure", structure)
    case = Case.of(context)
    assert Case.of(case) is case
    assert case.independent
    assert case.independent
    assert case.fixed_points
    assert calls["structure"] == 2  # one for each batch
    assert replace(case, rho=2.0).rho == 2.0

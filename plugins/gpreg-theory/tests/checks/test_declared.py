import math

import pytest
import torch

from gpreg import Claim, load_registry
from gpreg.interfaces import Finding, GradientForm
from gpreg_theory.checks import (
    assumption_5a_6a_independence,
    assumption_5a_limit,
    assumption_5b_5c_support,
    assumption_6a_moving_support,
    assumption_6a_smooth_mass,
    assumption_6a_weak_derivative,
)
from gpreg_theory.checks.declared import OF_THE_PENALTY, check
from gpreg_theory.checks.evidence.form import form_at_zero
from gpreg_theory.checks.report import Report

OTHERS = (
    assumption_5a_6a_independence,
    assumption_6a_moving_support,
    assumption_5a_limit,
    assumption_6a_smooth_mass,
    assumption_6a_weak_derivative,
    assumption_5b_5c_support,
)


@pytest.mark.parametrize(
    ("name", "options", "slope", "curvature", "simple"),
    [
        ("squared", {}, 0.0, 2.0, True),
        ("one-centered", {}, -2.0, math.nan, False),
        ("one-centered", {"centre": 0.5}, -1.0, math.nan, False),
        ("one-centered", {"centre": 0.0}, 0.0, 2.0, True),
        ("one-sided", {}, 0.0, 0.0, False),
        ("one-sided", {"bound": 0.0, "squared": False}, 1.0, math.nan, False),
        ("power", {}, 0.0, 0.0, False),
        ("power", {"p": 2.0, "k": 3.0}, 0.0, 6.0, True),
        ("power", {"p": 2.2}, 0.0, 0.0, False),
        ("power", {"p": 1.5}, 0.0, math.inf, False),
    ],
)
def test_forms_at_zero(name, options, slope, curvature, simple):
    own = form_at_zero(load_registry().build("form", name, options))
    assert own.slope == pytest.approx(slope, abs=1e-6)
    assert own.curvature == pytest.approx(curvature, rel=1e-4, nan_ok=True)
    assert own.simple is simple


class Function(GradientForm):
    def __init__(self, function):
        self.function = function

    def __call__(self, grad):
        return self.function(grad)


@pytest.mark.parametrize(
    ("function", "curvature", "simple"),
    [
        (lambda g: (1 + g.square().sum(1)).log(), 2.0, True),
        (lambda g: g.square().sum(1) + 10 * g.square().sum(1) ** 1.5, 2.0, True),
        (lambda g: -g.square().sum(1), -2.0, False),
        (lambda g: g[:, 0].square() + 1e-6 * g.square().sum(1), None, False),
        (lambda g: 0 * g.sum(1), 0.0, False),
    ],
)
def test_other_forms_at_zero(function, curvature, simple):
    own = form_at_zero(Function(function))
    assert own.simple is simple
    assert curvature is None or own.curvature == pytest.approx(curvature, rel=1e-2)


def test_claims_are_handed_on(constructions):
    spec = load_registry().get("measure", "gp")
    findings = {f.assumption: f for f in check(constructions.Game(claims=spec.claims).context("gp"))}
    assert {f.basis for f in findings.values()} == {"declared"}
    expected = {"5a": "holds", "5b": "holds", "5c": "violated", "6a": "holds", "6b": "holds", "6c": "undecided"}
    assert {name: f.verdict for name, f in findings.items()} == expected
    assert findings["6c"].evidence == "depends on D* being flat on all chords of S"


@pytest.mark.parametrize("simple", [False, True])
@pytest.mark.parametrize(("form", "known"), [("one-centered", "kink"), ("one-sided", "i sigma"), ("power", "i sigma")])
def test_other_forms_are_not_of_the_theorem_whatever_they_declare(constructions, form, known, simple):
    claims = load_registry().get("measure", "gp").claims
    context = constructions.Game(form=form, simple=simple, claims=claims).context("gp")
    findings = list(check(context))
    assert tuple(f.assumption for f in findings) == OF_THE_PENALTY
    for finding in findings:
        assert finding.verdict == "undecided"
        assert known in finding.evidence
        assert "not of the theorem's form" in finding.evidence
        assert ("declares" in finding.evidence) is simple
    assert not [finding for other in OTHERS for finding in other.check(context)]


def finding(verdict, basis, assumption="5a"):
    return Finding(assumption=assumption, verdict=verdict, basis=basis, evidence=f"{verdict} {basis}")


@pytest.mark.parametrize(
    ("declared", "evidence", "expected", "refuted"),
    [
        ("holds", [("violated", "measured")], ("violated", "measured"), True),
        ("violated", [("holds", "proved")], ("holds", "proved"), True),
        ("violated", [("holds", "measured")], ("violated", "declared"), False),
        ("holds", [("undecided", "measured")], ("holds", "declared"), False),
        ("holds", [("holds", "measured")], ("holds", "measured"), False),
        ("undecided", [("violated", "measured")], ("violated", "measured"), False),
        ("undecided", [("holds", "measured"), ("violated", "measured")], ("violated", "measured"), False),
        ("holds", [], ("holds", "declared"), False),
    ],
)
def test_a_claim_is_verified(declared, evidence, expected, refuted):
    findings = (finding(declared, "declared"), *(finding(*item) for item in evidence))
    own = Report(findings=findings).decisive("5a")
    assert (own.verdict, own.basis) == expected
    assert ("refuted" in own.evidence) is refuted


def test_a_false_claim_is_refuted_by_its_witness(constructions):
    claim = Claim(assumption="5a", verdict="holds", because="I say so")
    context = constructions.Game(claims=(claim,)).context(constructions.Moving())
    (declared,) = check(context)
    own = Report(findings=(declared, *assumption_5a_6a_independence.check(context))).decisive("5a")
    assert own.verdict == "violated"
    assert own.evidence.startswith("the claim that it holds is refuted")


@pytest.mark.parametrize("point", ["construction", "training"])
@pytest.mark.parametrize("name", [spec.name for spec in load_registry().list("measure")])
def test_no_evidence_contradicts_what_is_declared_of_registered_measures(constructions, name, point):
    context = constructions.Game(critic=constructions.Flat(zero=point != "training"), point=point).context(name)
    claims = {claim.assumption: claim.verdict for claim in load_registry().get("measure", name).claims}
    found = [finding for other in OTHERS for finding in other.check(context)]
    assert found
    for own in found:
        assert own.verdict != {"holds": "violated", "fails": "holds"}.get(claims.get(own.assumption, ""), ""), own


@pytest.mark.parametrize("name", [spec.name for spec in load_registry().list("measure")])
def test_images_with_labels_are_checked(constructions, name):
    def images(n, rng):
        return torch.rand(n, 3, 8, 8, generator=rng)

    generator = constructions.Shifted((3, 8, 8))
    game = constructions.Game(data=images, critic=constructions.Flat(192), generator=generator, n=32)
    context = game.context(name)
    labels = torch.arange(32) % 4
    batches = {part: getattr(context, part) for part in ("batch", "second_batch")}
    for part, batch in batches.items():
        batches[part] = type(batch)(**vars(batch) | {"labels": labels})
    context = type(context)(**vars(context) | batches)
    for other in OTHERS:
        for own in other.check(context):
            assert own.basis == "proved" or own.verdict != "violated" or own.assumption == "5a"

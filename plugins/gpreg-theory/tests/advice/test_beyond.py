"""Of a game with more than loss and penalty nothing is concluded; what is part of the critic is looked at with it."""

import pytest

from gpreg.errors import UsageError
from gpreg.runs.plan import Supply
from gpreg_theory.advice.beyond import beyond
from gpreg_theory.advice.rho import tune
from gpreg_theory.advice.stability import network_stability
from gpreg_theory.advice.verdict import check, document, refusal

FEW = {"report.check_samples": 64}
LAST_FREE = [{"name": "spectral-norm", "last": False}]
BEYOND = {
    "regularizer": ({"regularizers": "drift"}, "the critic minimises 'drift' as well"),
    "augmentation": ({"augmentations": "noise"}, "the critic sees samples through 'noise'"),
    "projection": ({"constraints": "clipping"}, "'clipping' projects the weights of the critic after each step"),
}
WITHIN = {
    "nothing": {},
    "a measure's projection": {"measure.name": "wgan"},
    "spectral": {"constraints": "spectral-norm"},
    "weight": {"constraints": [{"name": "weight-norm", "player": "generator"}]},
}


@pytest.mark.parametrize(("choices", "told"), BEYOND.values(), ids=BEYOND)
@pytest.mark.parametrize("samples", [0, 64])
def test_another_game_is_told_in_the_conclusion_and_refuses_nothing(build, choices, told, samples):
    setup = build("plane", {**choices, "report.check_samples": samples, "penalty.rho": 0})
    report = check(setup)
    assert report.conclusion.outcome == "other game"
    assert told in report.conclusion.text
    assert refusal(report) is None, "what the theorem would need is no reason to stop"
    assert document(report, setup, step=0)["conclusion"]["outcome"] == "other game"
    if samples:
        assert report.decisive("6b").verdict == "violated"
        assert report.damping.answer == "unknown"
        assert told in report.damping.text


@pytest.mark.parametrize("choices", WITHIN.values(), ids=WITHIN)
def test_what_is_part_of_the_networks_is_no_other_game(build, choices):
    assert beyond(build("plane", choices)) == ""


def test_a_normalised_last_layer_cannot_be_zero(build, registry):
    setup = build("plane", {**FEW, "constraints": "spectral-norm"})
    report = check(setup)
    assert report.point == "training"
    assert {report.decisive(name).verdict for name in ("1", "3", "6c")} == {"undecided"}
    assert any("last layer 'layers.7' is normalised" in note for note in report.notes)
    with pytest.raises(UsageError, match="no smooth function of its parameters"):
        tune(setup)
    with pytest.raises(UsageError, match="normalised or reparametrised"):
        network_stability(setup.plan, modes=2)


@pytest.mark.parametrize("constraints", [LAST_FREE, [{"name": "weight-norm", "last": False}]])
def test_with_a_free_last_layer_all_is_known_as_without(build, constraints):
    setup = build("plane", {**FEW, "constraints": constraints})
    report = check(setup)
    assert report.point == "construction"
    assert {(report.decisive(name).verdict, report.decisive(name).basis) for name in ("1", "3", "6c")} == {
        ("holds", "proved")
    }
    assert report.conclusion.outcome == "undecided"
    assert tune(setup).rho > 0


def test_modes_and_rho_say_what_they_leave_out(registry, tiny):
    plan = Supply(registry=registry).plan(tiny("plane", {**FEW, "regularizers": "drift", "penalty.rho": "auto"}))
    found = network_stability(plan, modes=2)
    assert any("of loss and penalty alone: the critic minimises 'drift' as well" in note for note in found.notes)

import pytest

from gpreg import load_registry
from gpreg.interfaces import Finding
from gpreg_theory.checks.damping import damping

STABLE = {"theorem_a": {"stable": True}}
NO_PENALTY = {"mass": 0.0}


@pytest.mark.parametrize(
    ("verdict", "settings", "answer"),
    [
        ("holds", {}, "yes"),
        ("undecided", {}, "unknown"),
        ("violated", {}, "no"),
        ("violated", {"statistics": NO_PENALTY}, "no"),
        ("violated", {"loss": "minimax"}, "unknown"),  # whose curvature damps by itself
        ("violated", {"statistics": STABLE}, "yes"),  # 6b is sufficient, Theorem A is sharp
        ("undecided", {"form": "one-sided"}, "no"),
        ("undecided", {"form": "one-sided", "loss": "minimax"}, "unknown"),
        ("undecided", {"form": "one-centered"}, "unknown"),
        ("undecided", {"form": "power"}, "no"),
    ],
)
def test_each_answer(constructions, verdict, settings, answer):
    registry = load_registry()
    form = settings.get("form", "squared")
    context = constructions.Game(form=form, simple=form == "squared").context("mid")
    object.__setattr__(context, "loss", registry.build("loss", settings.get("loss", "wasserstein")))
    covering = Finding(
        assumption="6b",
        verdict=verdict,
        basis="measured",
        evidence="so it is",
        statistics=settings.get("statistics", {}),
    )
    found = damping(context, covering)
    assert ("the measure is zero everywhere" in found.text) == (settings.get("statistics") == NO_PENALTY)
    assert (found.answer, found.text[-1]) == (answer, ".")

from dataclasses import replace

import pytest
import torch
from torch import nn

import gpreg
from gpreg.errors import PluginError, UsageError
from gpreg.interfaces import CheckContext, Finding, PenaltyBatch
from gpreg.registry.discovery import PluginRecord, State
from gpreg.registry.registry import Registry
from gpreg.registry.specs import CheckSpec
from gpreg_theory.checks.runner import CHECKS, run_checks


def batch(seed):
    rng = torch.Generator().manual_seed(seed)
    real, fake = torch.randn(2, 64, 2, generator=rng)
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    generator = nn.Linear(2, 2)
    latent = torch.randn(64, 2, generator=rng)
    return PenaltyBatch(real=real, fake=fake, latent=latent, critic=critic, generator=generator, rng=rng)


@pytest.fixture
def context():
    registry = gpreg.load_registry()
    first = batch(0)
    return CheckContext(
        measure=registry.build("measure", "mid"),
        form=registry.build("form", "squared"),
        loss=registry.build("loss", "wasserstein"),
        batch=first,
        second_batch=replace(batch(1), critic=first.critic, generator=first.generator),
    )


def packaged(*checks):
    specs = tuple(
        CheckSpec(name=f"own-{index}", factory=check, summary="s", package="theirs", version="1")
        for index, check in enumerate(checks)
    )
    return Registry(
        (
            PluginRecord(
                name="theirs", module="theirs", state=State.OK, package="theirs", version="1", specs={"check": specs}
            ),
        )
    )


def found(context):
    return [Finding(assumption="4", verdict="holds", basis="proved", evidence="it is theirs")]


def test_every_check_is_run_and_told(context):
    seen = []
    report = run_checks(context, packaged(found), watch=seen.append)
    assert len(seen) == len(CHECKS) + 2 + 1  # measure, loss, package
    assert report.decisive("4").evidence == "it is theirs"
    assert report.notes == ()


def test_nothing_is_changed(context):
    before = torch.get_rng_state()
    weights = [parameter.clone() for parameter in context.batch.critic.parameters()]
    run_checks(context)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(torch.equal, weights, context.batch.critic.parameters()))


@pytest.mark.parametrize(
    ("check", "note"),
    [
        (lambda context: 1 / 0, "failed: ZeroDivisionError: division by zero"),
        (lambda context: ["no finding"], "it returned a str, not findings"),
        (lambda context: {}["x"], "failed: KeyError"),
    ],
)
def test_a_check_that_fails_is_a_note_and_the_others_are_made(context, check, note, monkeypatch):
    report = run_checks(context, packaged(check, found))
    assert report.decisive("4").evidence == "it is theirs"
    assert len(report.notes) == 1
    assert "'own-0' of theirs 1" in report.notes[0]
    assert note in report.notes[0]


def test_strictly_it_is_raised(context, monkeypatch):
    monkeypatch.setenv("GPREG_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError, match="division by zero"):
        run_checks(context, packaged(lambda context: 1 / 0))


def test_what_cannot_be_judged_says_why(context):
    def refuse(context):
        raise UsageError("there is nothing to see")

    assert run_checks(context, packaged(refuse)).notes == (
        "check 'own-0' of theirs 1 could not be made: there is nothing to see",
    )


def test_a_measure_speaks_for_itself(context):
    report = run_checks(context)
    assert any(own.assumption == "5b" and own.basis == "proved" for own in report.findings)

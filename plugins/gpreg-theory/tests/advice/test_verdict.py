import copy
import json

import numpy as np
import pytest
import torch

from gpreg.errors import AssumptionViolated, ExitCode
from gpreg.interfaces import Finding, Moment
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.runs.plan import Supply
from gpreg.training.run import start
from gpreg_theory.advice.points import IMAGES, batch_of, context_of, samples_of, zeroed
from gpreg_theory.advice.verdict import check, document, refusal
from gpreg_theory.checks.report import Report

CHECKED = {"report.check_samples": 64}
WORDS = {"holds": "holds", "fails": "violated", "depends": "undecided"}


def violated(*names):
    findings = [
        Finding(assumption=name, verdict="violated", basis="measured", evidence=f"seen {name}", remedy=f"change {name}")
        for name in names
    ]
    return Report(findings=tuple(findings))


@pytest.mark.parametrize("measure", ["mid", "pd", "g-anc", "wgan"])
def test_without_samples_only_the_measures_own_claims_are_known(build, registry, measure):
    report = check(build("plane", {"measure.name": measure}))
    claims = {claim.assumption: claim.verdict for claim in registry.get("measure", measure).claims}
    assert {own.assumption: own.verdict for own in report.findings} == {k: WORDS[v] for k, v in claims.items()}
    assert {own.basis for own in report.findings} == {"declared"}


def test_of_another_form_the_theorem_says_nothing(build):
    report = check(build("plane", {"form.name": "one-centered"}))
    assert report.conclusion.outcome == "other form"
    assert all(own.verdict == "undecided" for own in report.findings)


@pytest.mark.parametrize(("base", "choices"), [("plane", {}), ("plane", {"measure.name": "wgan"}), ("digits", {})])
def test_an_experiment_is_checked_at_the_equilibrium_by_construction(build, base, choices):
    experiment = build(base, {**CHECKED, **choices})
    report = check(experiment)
    verdicts = {own.assumption: (own.verdict, own.basis) for own in report.table}
    assert verdicts["1"] == verdicts["3"] == verdicts["6c"] == ("holds", "proved")
    assert set(verdicts) == set(ASSUMPTIONS)
    assert verdicts["6b"][0] == ("violated" if choices else "holds")
    found = document(report, experiment, step=0)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["measure"] == experiment.recipe.measure.name
    assert found["schema"] == 1


def test_nothing_of_the_experiment_is_changed(build, same_weights):
    experiment = build("plane", {**CHECKED, "measure": {"name": "latent-path", "width": 4}})
    before = copy.deepcopy((experiment.generator.state_dict(), experiment.critic.state_dict()))
    measure = copy.deepcopy(experiment.penalty.measure.state_dict())
    states = [rng.get_state() for rng in (experiment.latents, experiment.draws, experiment.noise)]
    torch.manual_seed(7)
    state = torch.get_rng_state()
    stream = copy.deepcopy(dict(experiment.stream.state_dict()))
    check(experiment, Moment(step=1, reference=experiment.critic))
    same_weights(experiment.generator.state_dict(), before[0])
    same_weights(experiment.critic.state_dict(), before[1])
    same_weights(experiment.penalty.measure.state_dict(), measure)
    assert torch.equal(torch.get_rng_state(), state)
    after = [rng.get_state() for rng in (experiment.latents, experiment.draws, experiment.noise)]
    assert all(map(torch.equal, states, after))
    assert str(experiment.stream.state_dict()) == str(stream)
    assert all(parameter.grad is None for parameter in experiment.critic.parameters())


def test_a_critic_without_a_linear_last_layer_is_looked_at_as_it_is(build):
    base = "digits-resnet-stable"
    experiment = build(base, {**CHECKED, "training.conditional": True, "training.batch_size": 4})
    report = check(experiment)
    assert any("no equilibrium can be constructed" in note for note in report.notes)
    assert report.decisive("1").verdict == "undecided"


def test_batches_are_independent_and_reproducible(build):
    experiment = build("digits", CHECKED)
    players = experiment.critic, experiment.generator
    one, same, other = (batch_of(experiment, *players, n=8, seed=seed, equilibrium=True) for seed in (0, 0, 1))
    assert torch.equal(one.real, same.real)
    assert torch.equal(one.fake, same.fake)
    assert not torch.equal(one.real, other.real)
    whole = torch.cat([one.real, one.fake]).flatten(1)
    assert torch.cdist(whole, whole).add(torch.eye(len(whole)) * 9).min() > 0, "fakes at an equilibrium are other data"


def test_images_and_small_datasets_are_looked_at_less(build):
    assert samples_of(build("plane", {"report.check_samples": 300})) == 300
    assert samples_of(build("digits", {"report.check_samples": 300, "architecture.width": 4})) <= IMAGES


def test_the_zeroed_critic_is_a_copy(build):
    experiment = build("plane")
    critic = zeroed(experiment)
    points = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    assert critic(points).abs().max() == 0
    assert experiment.critic(points).abs().max() > 0


def test_the_context_names_the_choices(build):
    experiment = build("plane", {**CHECKED, "penalty.rho": 3.0, "form.name": "one-centered"})
    context = context_of(experiment, experiment.critic, point="training")
    assert (context.rho, context.simple, context.point) == (3.0, False, "training")
    assert set(context.claims) == {"5a", "5b", "5c", "6a", "6b", "6c"}
    assert len(context.fresh(10, 5).real) == 10


def test_strictness():
    assert refusal(violated("5c")) is None
    refused = refusal(violated("5c", "6b"))
    assert isinstance(refused, AssumptionViolated)
    assert "assumption 6b is violated: seen 6b" in refused.message
    assert refused.exit_code is ExitCode.ASSUMPTION
    assert refused.remedy == "change 6b"


def test_a_strict_run_that_violates_an_assumption_writes_nothing(tiny, registry, tmp_path, listen):
    told = listen()
    recipe = tiny("plane", {"measure.name": "wgan", **CHECKED})
    with pytest.raises(AssumptionViolated, match="6b"):
        start(Supply(registry=registry).plan(recipe), tmp_path / "run", strict=True)
    assert not (tmp_path / "run").exists()
    assert any(line.startswith("theorem: The theorem does not apply: 6b is violated") for line in told)


def test_checks_at_ticks_leave_the_weights_alone(tiny, registry, tmp_path, same_weights):
    folders = []
    for ticks in (0, 2):
        recipe = tiny("plane", {**CHECKED, "report.check_ticks": ticks})
        folders.append(start(Supply(registry=registry).plan(recipe), tmp_path / str(ticks)))
    without, with_checks = (folder.checkpoints.load().weights for folder in folders)
    for name, weights in without.items():
        same_weights(dict(weights), dict(with_checks[name]))
    found = json.loads((tmp_path / "2" / "checks.json").read_text())
    assert [later["step"] for later in found["later"]] == [10, 20]
    assert found["step"] == 0
    assert all(later["verdicts"]["1"]["verdict"] == "undecided" for later in found["later"])
    assert json.loads((tmp_path / "0" / "checks.json").read_text())["later"] == []


@pytest.fixture
def own_data(build, tmp_path):
    """An experiment on vectors or pictures of one's own, as an npz file, set up with batches of two."""

    def make(samples, base="plane", choices=None):
        np.savez(tmp_path / "own.npz", x=samples)
        dataset = {"name": "npz", "file": str(tmp_path / "own.npz")}
        size = {"training.batch_size": min(2, len(samples)), "training.conditional": False}
        return build(base, {**CHECKED, "dataset": dataset, **size, **(choices or {})})

    return make


@pytest.mark.parametrize("n", [1, 2, 3, 4, 10, 200])
@pytest.mark.parametrize("measure", ["mid", "latent-path"])
def test_however_few_samples_there_are_a_check_makes_notes_and_no_errors(own_data, measure, n):
    vectors = own_data(np.random.default_rng(0).random((n, 2), dtype=np.float32), choices={"measure.name": measure})
    report = check(vectors)
    assert {own.assumption for own in report.findings} >= {"5a", "5b", "5c", "6a", "6b", "6c"}
    assert refusal(report) is None
    pictures = own_data(np.zeros((n, 8, 8, 1), dtype=np.uint8), "digits", {"measure.name": measure})
    assert check(pictures).conclusion.text


def test_samples_that_are_all_alike_are_no_error(own_data):
    report = check(own_data(np.ones((50, 2), dtype=np.float32)))
    assert not any("failed" in note for note in report.notes)


def test_where_nothing_can_be_measured_the_claims_are_left_and_a_note_says_why(build, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("weights of an older normalisation")

    monkeypatch.setattr("gpreg_theory.advice.points.batch_of", broken)
    report = check(build("plane", CHECKED))
    assert report.notes == ("nothing could be measured: RuntimeError: weights of an older normalisation",)
    assert {own.basis for own in report.findings} == {"declared"}

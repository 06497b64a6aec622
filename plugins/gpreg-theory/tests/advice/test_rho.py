import json
import math
import signal

import pytest
import torch

from gpreg.errors import InterruptedRun, MeasureError, UsageError
from gpreg.interfaces import Observer
from gpreg.recipe import read
from gpreg.runs.plan import Supply
from gpreg.training.resumption import resume
from gpreg.training.run import start
from gpreg_theory.advice.points import curvature_scale
from gpreg_theory.advice.rho import tune

AUTO = {"penalty.rho": "auto", "report.check_samples": 32}


@pytest.mark.parametrize("measure", ["pd", "mid", "gp", "g-anc"])
def test_rho_is_the_best_one_of_the_modes(build, measure):
    tuning = tune(build("plane", {**AUTO, "measure.name": measure}))
    assert tuning.rho == pytest.approx(tuning.table.best.rho, rel=1e-3)
    assert 0 < tuning.rho < math.inf
    assert json.loads(json.dumps(tuning.to_dict(), allow_nan=False))["rho"] == tuning.rho


def test_twice_the_mass_needs_half_the_rho(build):
    one, two = (
        tune(build("plane", {**AUTO, "measure": {"name": "mixture", "parts": ["pd"], "weights": [mass]}})).rho
        for mass in (1.0, 2.0)
    )
    assert two == pytest.approx(one / 2, rel=1e-3)


def test_equal_rho_times_trace(build):
    for measure in ("pd", "mid"):
        tuning = tune(build("plane", {**AUTO, "measure.name": measure, "penalty.rho_trace": 7.0}))
        assert tuning.rho * tuning.table.trace.value == pytest.approx(7.0, rel=1e-3)


def test_it_is_reproducible_and_draws_nothing_of_the_run(build):
    experiment = build("plane", AUTO)
    states = [rng.get_state() for rng in (experiment.latents, experiment.draws)]
    assert tune(experiment).rho == tune(experiment).rho
    after = [rng.get_state() for rng in (experiment.latents, experiment.draws)]
    assert all(map(torch.equal, states, after))


def test_forms_scale_the_curvature(registry):
    squared = registry.build("form", "squared")
    assert curvature_scale(squared) == 1
    assert curvature_scale(squared, "sigmoid") == 1 / 16
    assert curvature_scale(registry.build("form", "one-sided")) == 0
    with pytest.raises(UsageError, match="a kink at 0"):
        curvature_scale(registry.build("form", "one-centered"))


@pytest.mark.parametrize("trace", [None, 7.0])
def test_few_samples_are_said_to_be_noisy_and_many_are_not(build, trace):
    def because(samples):
        choices = {"penalty.rho": "auto", "report.check_samples": samples} | (
            {"penalty.rho_trace": trace} if trace else {}
        )
        return tune(build("plane", choices)).because

    assert "it is noisy, from 4 samples: another 4 would take" in because(4)
    assert "noisy" not in because(2048)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"measure.name": "wgan"}, "no penalty to choose rho for"),
        ({"loss.name": "relativistic"}, "form E_pd f"),
        ({"form.name": "one-sided"}, "flat at 0"),
    ],
)
def test_where_there_is_nothing_to_choose(build, choices, message):
    with pytest.raises(UsageError, match=message):
        tune(build("plane", {**AUTO, **choices}))


def test_a_run_keeps_the_number_and_how_it_was_chosen(tiny, registry, tmp_path, listen):
    told = listen()
    folder = start(Supply(registry=registry).plan(tiny("plane", AUTO)), tmp_path / "run")
    recipe = read(folder.recipe, origin="recipe.toml", registry=registry)
    assert isinstance(recipe.penalty.rho, float)
    assert any(line.startswith(f"rho = {recipe.penalty.rho:g}: ") for line in told)
    tuning = json.loads((folder.path / "checks.json").read_text())["tuning"]
    assert [own["step"] for own in tuning] == [0]
    assert tuning[0]["rho"] == recipe.penalty.rho


class Stopper(Observer):
    def scalars(self, step, values):
        if step == 5:
            signal.raise_signal(signal.SIGTERM)


def test_retuning_survives_a_stop(tiny, registry, tmp_path, same_weights, listen):
    recipe = tiny("plane", {**AUTO, "penalty.retune_ticks": 1, "training.steps": 20})
    whole = start(Supply(registry=registry).plan(recipe), tmp_path / "whole")
    tuning = json.loads((whole.path / "checks.json").read_text())["tuning"]
    assert [own["step"] for own in tuning] == [0, 5, 10, 15]
    assert len({own["rho"] for own in tuning}) > 1
    last = whole.checkpoints.load()
    assert last.state["rho"] == tuning[-1]["rho"]
    with pytest.raises(InterruptedRun):
        start(Supply(registry=registry).plan(recipe), tmp_path / "part", observers=[Stopper()])
    again = resume(tmp_path / "part", Supply(registry=registry))
    for name, weights in again.checkpoints.load().weights.items():
        same_weights(dict(weights), dict(last.weights[name]))
    assert [own["rho"] for own in json.loads((again.path / "checks.json").read_text())["tuning"]] == [
        own["rho"] for own in tuning
    ]


def test_a_measure_that_breaks_its_contract_is_named(build):
    experiment = build("plane", AUTO)
    experiment.penalty.measure.sample = lambda batch: batch.real
    with pytest.raises(MeasureError, match=r"measure 'mid' .* returned a Tensor, not a PenaltySample"):
        tune(experiment)

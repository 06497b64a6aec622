import json

import pytest

import gpreg
from gpreg.errors import UsageError
from gpreg.runs.plan import Supply
from gpreg.training.run import start
from gpreg_theory.advice import stability
from gpreg_theory.advice.stabilities import network_stabilities
from gpreg_theory.advice.stability import network_stability
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.strongest import StrongestModes

CHECKED = {"report.check_samples": 32}


@pytest.fixture
def look(tiny, registry):
    def make(choices=None, base="plane", **settings):
        recipe = tiny(base, {**CHECKED, **(choices or {})})
        return network_stability(Supply(registry=registry).plan(recipe), modes=4, **settings)

    return make


@pytest.fixture(scope="module")
def run(tiny, registry, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    return start(Supply(registry=registry).plan(tiny("plane")), path).path


def test_before_training_the_last_layer_is_looked_at(look):
    found = look()
    assert found.construction
    assert found.table.p == 16 + 1
    assert len(found.table.modes) == 4
    assert found.motion is None
    assert found.table.verdict == "damped"
    assert found.table.samples == (32, 32)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["point"] == "construction"


def test_without_a_penalty_every_mode_is_undamped(look):
    found = look({"measure.name": "wgan"})
    assert {mode.verdict for mode in found.table.modes} == {"undamped"}
    assert found.best_rho == 0


def test_damping_is_in_proportion_to_rho(look):
    one, two = (look({"penalty.rho": rho}).ratios for rho in (1.0, 2.0))
    assert two == pytest.approx(2 * one)


def test_the_best_rho_depends_on_what_the_form_makes_of_q(look):
    logit, sigmoid = (look({"penalty.of": of}) for of in ("logit", "sigmoid"))
    assert sigmoid.best_rho == pytest.approx(16 * logit.best_rho, rel=1e-6)
    assert sigmoid.ratios == pytest.approx(logit.ratios / 16)


def test_a_flat_form_damps_nothing_and_says_so(look):
    found = look({"form.name": "one-sided"})
    assert found.ratios == pytest.approx(0)
    assert any("flat at 0" in note for note in found.notes)


def test_a_loss_with_curvature_damps_by_itself(look):
    found = look({"measure.name": "wgan", "loss.name": "minimax"})
    assert found.table.verdict == "damped"


def test_a_run_is_looked_at_as_it_is(look, run):
    found = look(run=run)
    assert (found.step, found.construction) == (20, False)
    assert found.table.p > 100
    assert 0 < found.motion < 100
    assert any("as fast as at the start" in note for note in found.notes)


def test_a_runs_features_at_the_constructed_point(look, run):
    found = look(run=run, construction=True, step=15)
    assert (found.step, found.construction, found.table.p) == (15, True, 17)
    assert found.ratios != pytest.approx(look().ratios)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"form.name": "one-centered"}, "kink at 0"),
        ({"loss.name": "relativistic"}, "form E_pd f"),
    ],
)
def test_where_there_is_no_linearised_game(look, choices, message):
    with pytest.raises(UsageError, match=message):
        look(choices)


def test_what_cannot_be_linearised_is_refused_before_anything_is_built(look, monkeypatch):
    monkeypatch.setattr(stability, "reopened", None)
    for choices in ({"measure.name": "wgan-gp"}, {"measure.name": "dragan"}, {"loss.name": "relativistic"}):
        with pytest.raises(UsageError):
            look(choices)


def test_the_modes_of_several_measures_are_found_once(look, monkeypatch):
    products = []
    own = GamePoint.r_product
    monkeypatch.setattr(GamePoint, "r_product", lambda point, w: products.append(0) or own(point, w))
    apart = [look({"measure.name": name}).to_dict() for name in ("pd", "mid", "wgan")]
    alone, shared = len(products) // 3, StrongestModes()
    products.clear()
    together = [look({"measure.name": name}, find=shared).to_dict() for name in ("pd", "mid", "wgan")]
    assert together == apart
    assert len(products) == alone > 0


def test_other_features_have_modes_of_their_own(look):
    shared = StrongestModes()
    first, second = (look({"training.seed": seed}, find=shared) for seed in (0, 1))
    assert second.to_dict() == look({"training.seed": 1}).to_dict() != first.to_dict()


def test_a_kinked_critic_is_noted(look):
    assert any("not smooth (relu in layers.2)" in note for note in look().notes)
    assert look({"architecture": {"activation": "tanh", "width": 16}}).notes == ()


def test_an_experiment_and_a_run_are_asked_about_as_plans_are(tiny, run, look):
    experiment = gpreg.experiment(tiny("plane", CHECKED))
    begun = gpreg.open_run(run, step=15)
    assert (
        network_stability(experiment, modes=4).to_dict() == look().to_dict() == experiment.stability(modes=4).to_dict()
    )
    assert network_stability(begun, modes=4).step == 15
    damped = begun.stability(begun.experiment.with_(measure="wgan"), modes=4)
    assert (damped.step, damped.table.verdict) == (15, "undamped")


def test_several_measures_share_their_modes_and_what_cannot_be_is_told(tiny, registry):
    plans = {
        name: Supply(registry=registry).plan(tiny("plane", {**CHECKED, "measure.name": name}))
        for name in ("pd", "wgan-gp")
    }
    clash = UsageError("they clash")
    answer = network_stabilities({**plans, "mid": clash}, modes=4)
    assert [one.setup.recipe.measure.name for one in answer.found] == ["pd"]
    assert list(answer.refused) == ["wgan-gp", "mid"]
    assert [each["because"] for each in answer.to_dict()["refused"]][1] == "they clash"
    with pytest.raises(UsageError, match=r"none of these measures can be looked at: wgan-gp: .*; mid: they clash"):
        network_stabilities({"wgan-gp": plans["wgan-gp"], "mid": clash})


def test_an_unknown_keyword_and_the_nearest():
    with pytest.raises(UsageError, match=r"stability has no keyword 'mods'; did you mean 'modes'"):
        gpreg.experiment("plane").stability(mods=3)

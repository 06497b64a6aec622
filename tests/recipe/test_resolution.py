from dataclasses import replace

import pytest

from gpreg.errors import UsageError
from gpreg.recipe import Choice, resolve


def test_nothing_is_left_to_defaults(plane, registry):
    complete = resolve(plane, registry)
    assert complete.form == Choice(name="squared")
    assert complete.architecture.options == {
        "width": 64,
        "hidden_layers": 3,
        "latent_dim": 2,
        "activation": "relu",
    }
    assert complete.dataset.options == {"convention": "gulrajani"}
    assert complete.metrics[0].options == {"threshold": 20}
    assert complete.critic_optimizer.arguments["weight_decay"] == 0
    assert complete.critic_optimizer.arguments["betas"] == (0.5, 0.9)
    assert (complete.training, complete.unstated) == (plane.training, plane.unstated)


def test_resolving_again_changes_nothing(plane, registry):
    complete = resolve(plane, registry)
    assert resolve(complete, registry) == complete


@pytest.mark.parametrize(
    ("measure", "form"), [("wgan-gp", "one-centered"), ("dragan", "one-centered"), ("pd", "squared")]
)
def test_the_form_is_the_measures_own(measure, form, plane, registry):
    complete = resolve(replace(plane, measure=Choice(name=measure)), registry)
    assert complete.form.name == form


def test_the_form_that_is_asked_for_stays(plane, registry):
    complete = resolve(replace(plane, form=Choice(name="power", options={"p": 3.0})), registry)
    assert complete.form == Choice(name="power", options={"k": 2.0, "p": 3.0})


def test_none_is_spelled_out(plane, registry):
    complete = resolve(replace(plane, measure=Choice(name="g-anc")), registry)
    assert complete.measure.options == {"anchor": "auto", "point": [2.0, -1.0], "level": "none", "seed": 0}


def test_what_is_not_installed_is_refused(plane, registry):
    with pytest.raises(UsageError, match="no dataset named 'ring'"):
        resolve(replace(plane, dataset=Choice(name="ring")), registry)

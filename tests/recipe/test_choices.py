from dataclasses import replace

import pytest

from gpreg.errors import UsageError
from gpreg.recipe import Choice, override, resolve
from gpreg.registry.options import assignments


def changed(recipe, registry, notes=(), **choices):
    dotted = {key.replace("__", "."): value for key, value in choices.items()}
    new, said = override(recipe, dotted, registry)
    assert said == tuple(notes)
    return new


@pytest.mark.parametrize(
    ("key", "value", "result"),
    [
        ("penalty.rho", "0.5", lambda r: r.penalty.rho == 0.5),
        ("penalty.rho", 3, lambda r: r.penalty.rho == 3.0),
        ("training.steps", "20", lambda r: r.training.steps == 20),
        ("training.generator_batch_size", "none", lambda r: r.training.generator_batch_size is None),
        ("compute.compile", "true", lambda r: r.compute.compile is True),
        ("average.halflife_kimg", "2.5", lambda r: r.average.halflife_kimg == 2.5),
        ("loss.name", "hinge", lambda r: r.loss == Choice(name="hinge")),
        ("measure.name", "pd", lambda r: (r.measure, r.form) == (Choice(name="pd"), None)),
        ("architecture.width", "8", lambda r: r.architecture.options == {"width": 8}),
        ("critic_optimizer.betas", "0,0.9", lambda r: r.critic_optimizer.arguments["betas"] == (0.0, 0.9)),
        ("summary", "mine", lambda r: r.summary == "mine"),
        ("metrics", "wasserstein, modes", lambda r: r.metrics == (Choice(name="wasserstein"), Choice(name="modes"))),
        ("metrics", "none", lambda r: r.metrics == ()),
        ("observers", "tensorboard", lambda r: r.observers == (Choice(name="tensorboard"),)),
    ],
)
def test_words_and_values(key, value, result, plane, registry):
    new, notes = override(plane, {key: value}, registry)
    assert result(new)
    assert notes == ()


def test_no_choice_changes_nothing(plane, registry):
    assert override(plane, {}, registry) == (plane, ())
    complete = resolve(plane, registry)
    changed, notes = override(complete, {}, registry)
    assert (resolve(changed, registry), notes) == (complete, ())


def test_the_summary_says_what_was_changed_and_from_what(plane, registry):
    assert changed(plane, registry, training__steps=3).summary == "mid on a ring"
    other = changed(plane, registry, measure__name="pd")
    assert other.summary == "measure pd; changed from: mid on a ring"
    again = changed(other, registry, dataset__name="digits", architecture__name="dcgan")
    assert again.summary == "architecture dcgan, dataset digits; changed from: mid on a ring"
    assert changed(plane, registry, measure__name="pd", summary="mine").summary == "mine"


def test_option_words_are_merged(plane, registry):
    new = changed(plane, registry, architecture=assignments(["latent_dim=4"]))
    assert new.architecture.options == {"width": 64, "latent_dim": 4}
    words = assignments(["parts=pd,dragan", "options.dragan.scale=0.1"])
    new = changed(plane, registry, measure__name="mixture", measure=words)
    assert new.measure.options == {"parts": ["pd", "dragan"], "options": {"dragan": {"scale": "0.1"}}}
    again = changed(new, registry, measure=assignments(["options.dragan.noise=gaussian"]))
    assert again.measure.options["options"] == {"dragan": {"scale": "0.1", "noise": "gaussian"}}


def test_another_plugin_drops_the_options_of_the_one_before(plane, registry):
    complete = resolve(plane, registry)
    assert changed(complete, registry, architecture__name="resnet").architecture == Choice(name="resnet")
    given = changed(complete, registry, architecture__name="resnet", architecture__width="8")
    assert given.architecture == Choice(name="resnet", options={"width": 8})
    assert changed(complete, registry, architecture__name="mlp").architecture == complete.architecture


def test_another_measure_brings_its_own_form(plane, registry):
    complete = resolve(plane, registry)
    assert resolve(changed(complete, registry, measure__name="wgan-gp"), registry).form.name == "one-centered"
    assert changed(complete, registry, measure__name="wgan-gp", form__name="power").form == Choice(name="power")
    assert changed(complete, registry, measure__name="mid").form == Choice(name="squared")


def test_form_options_without_a_name_are_of_the_form_in_use(plane, registry):
    centred = Choice(name="one-centered", options={"centre": 0.5})
    assert changed(plane, registry, measure__name="wgan-gp", form={"centre": "0.5"}).form == centred
    power = replace(plane, form=Choice(name="power", options={"p": 3.0}))
    assert changed(power, registry, form={"k": "1"}).form == Choice(name="power", options={"p": 3.0, "k": 1.0})
    assert changed(power, registry, measure__name="wgan-gp", form={"centre": "0.5"}).form == centred


def test_another_optimizer_keeps_the_rate_and_says_what_it_drops(plane, registry):
    dropped = "whose betas = [0.5, 0.9] no longer holds"
    notes = [
        f"critic_optimizer: SGD replaces Adam, {dropped}; lr = 0.002 is kept",
        f"generator_optimizer: SGD replaces Adam, {dropped}; lr = 0.001 is kept",
    ]
    new = changed(plane, registry, notes, optimizer__name="SGD")
    assert new.critic_optimizer.arguments == {"lr": 0.002}
    assert new.generator_optimizer.arguments == {"lr": 0.001}
    notes = [f"critic_optimizer: sgd replaces Adam, {dropped}"]
    new = changed(plane, registry, notes, critic_optimizer__name="sgd", critic_optimizer__lr="1")
    assert (new.critic_optimizer.name, new.critic_optimizer.arguments) == ("SGD", {"lr": 1.0})
    assert new.generator_optimizer == plane.generator_optimizer


def test_both_optimizers_and_one(plane, registry):
    new = changed(plane, registry, optimizer__lr="1e-4", critic_optimizer__lr="4e-4")
    assert (new.critic_optimizer.arguments["lr"], new.generator_optimizer.arguments["lr"]) == (4e-4, 1e-4)
    assert changed(plane, registry, optimizer__name="adam") == replace(plane, unstated=plane.unstated)


@pytest.mark.parametrize(
    ("choices", "marks"),
    [
        ({"training.steps": 5}, {"penalty.rho", "critic_optimizer.lr", "critic_optimizer.betas", "architecture.width"}),
        ({"penalty.rho": 5}, {"critic_optimizer.lr", "critic_optimizer.betas", "architecture.width"}),
        ({"optimizer.lr": 5}, {"penalty.rho", "critic_optimizer.betas", "architecture.width"}),
        ({"optimizer.name": "SGD"}, {"penalty.rho", "architecture.width"}),
        ({"architecture.name": "resnet"}, {"penalty.rho", "critic_optimizer.lr", "critic_optimizer.betas"}),
    ],
)
def test_what_is_chosen_is_no_longer_unstated(choices, marks, plane, registry):
    new, _ = override(plane, choices, registry)
    assert set(new.unstated) == marks


def test_every_impossible_choice_at_once(plane, registry):
    choices = {
        "rho": "2",
        "penatly.rho": "2",
        "penalty.rhoo": "2",
        "training.steps": "many",
        "measure.name": "midd",
        "architecture": {"widht": "3"},
        "critic_optimizer.name": "adan",
        "metrics": "modess",
    }
    with pytest.raises(UsageError) as caught:
        override(plane, choices, registry)
    assert {line.split(" (")[0] for line in caught.value.message.splitlines()} == {
        "there is no key 'rho' outside of a table; did you mean 'penalty.rho'?",
        "there is no table [penatly]; did you mean 'penalty'?",
        "[penalty] has no option 'rhoo'; did you mean 'rho'?",
        "option 'steps' of [training] is 'many'; it must be an int >= 1 and <= 1e+09",
        "there is no measure named 'midd'; did you mean 'mid'?",
        "architecture 'mlp' has no option 'widht'; did you mean 'width'?",
        "there is no optimizer named 'adan'; did you mean 'Adam'?",
        "there is no metric named 'modess'; did you mean 'modes'?",
    }


def test_a_key_is_no_table_and_a_table_no_key(plane, registry):
    with pytest.raises(UsageError, match=r"'penalty' is '3'; it must be a table"):
        override(plane, {"penalty": "3"}, registry)
    with pytest.raises(UsageError, match=r"'critic_optimizer' is 'SGD'; it must be a table"):
        override(plane, {"optimizer": "SGD"}, registry)
    with pytest.raises(UsageError, match=r"option 'rho' of \[penalty\] is"):
        override(plane, {"penalty.rho.x": "3"}, registry)


LISTED = "consistency,lecam"


@pytest.mark.parametrize(
    ("choices", "first", "second"),
    [
        ({"consistency.weight": "2"}, {"weight": 2.0}, {}),
        ({"weight": 2}, {"weight": 2.0}, {"weight": 2.0}),
        ({"decay": 0.5, "consistency.augmentation": "noise"}, {"augmentation": "noise"}, {"decay": 0.5}),
        ({"augmentation_options.sigma": 0.5}, {"augmentation_options": {"sigma": 0.5}}, {}),
        (
            {"consistency.augmentation_options.sigma": 0.5, "augmentation_options.final": 1},
            {"augmentation_options": {"sigma": 0.5, "final": 1}},
            {},
        ),
    ],
    ids=str,
)
def test_options_of_a_list_by_name_or_of_all_that_have_them(choices, first, second, plane, registry):
    options = {f"regularizers.{key}": value for key, value in choices.items()}
    changed, _ = override(plane, {"regularizers": LISTED, **options}, registry)
    assert [choice.options for choice in changed.regularizers] == [first, second]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("consistncy.weight", "no regularizer 'consistncy' is chosen; did you mean 'consistency'?"),
        ("wieght", "none of the regularizers consistency, lecam has an option 'wieght'; did you mean 'weight'?"),
        ("lecam.wieght", "regularizer 'lecam' has no option 'wieght'; did you mean 'weight'?"),
        ("sigma.x", "no regularizer 'sigma' is chosen"),
    ],
)
def test_an_option_of_a_list_that_is_not_there(key, said, plane, registry):
    with pytest.raises(UsageError) as caught:
        override(plane, {"regularizers": LISTED, f"regularizers.{key}": "1"}, registry)
    assert caught.value.message.startswith(said)

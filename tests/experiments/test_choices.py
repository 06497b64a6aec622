"""What the keywords of ``gpreg.experiment`` change in a recipe."""

import pytest
import torch

import gpreg
from gpreg.cli.choices import choices as options_of_the_command_line
from gpreg.errors import UsageError
from gpreg.experiments.choices import KEYWORDS, changes_of
from gpreg.recipe import Choice, to_table
from gpreg.recipe.layout import LISTS, PLUGINS


def chosen(**choices):
    return to_table(gpreg.experiment("plane", **choices).recipe)


def test_the_command_line_has_the_same_choices():
    @options_of_the_command_line
    def command(): ...

    names = {parameter.name for parameter in command.__click_params__} - {"recipe"}
    assert names == {*KEYWORDS} - {"set"} | {"keys"}


def test_names_and_settings():
    table = chosen(measure="gp", loss="hinge", rho=2.5, steps=7, seed=3, batch_size=8, conditional=False, compile=True)
    assert (table["measure"]["name"], table["loss"]["name"], table["penalty"]["rho"]) == ("gp", "hinge", 2.5)
    assert (table["training"]["steps"], table["training"]["seed"], table["training"]["batch_size"]) == (7, 3, 8)
    assert table["compute"]["compile"] is True


def test_a_measure_brings_its_form_and_its_options_come_in_three_ways():
    ways = [
        {"measure": "dragan", "measure_options": {"scale": 0.25}},
        {"measure": {"name": "dragan", "scale": 0.25}},
        {"measure": Choice(name="dragan", options={"scale": 0.25})},
        {"measure": {"name": "dragan", "scale": 3}, "measure_options": {"scale": 0.25}},
    ]
    tables = [chosen(**way) for way in ways]
    assert tables[0]["form"]["name"] == "one-centered"
    assert tables[0]["measure"]["scale"] == 0.25
    assert all(table == tables[0] for table in tables)


def test_any_key_in_three_ways():
    ways = [{"penalty.every": 4}, {"set": {"penalty.every": 4}}, {"set": {"penalty": {"every": 4}}}]
    ways += [{"penalty": {"every": 4}}]
    for way in ways:
        table = chosen(**way)
        assert (table["penalty"]["every"], table["penalty"]["rho"]) == (4, chosen()["penalty"]["rho"])


def test_a_choice_goes_before_the_key_that_it_stands_for():
    assert chosen(steps=5, set={"training.steps": 4})["training"]["steps"] == 5
    assert chosen(**{"training.steps": 4})["training"]["steps"] == 4


def test_optimisers():
    def players(**choices):
        table = chosen(**choices)
        both = table["critic_optimizer"], table["generator_optimizer"]
        return [(player["name"], player["lr"], player["momentum"]) for player in both]

    assert players(optimizer="SGD", lr=0.5, critic_lr=0.25) == [("SGD", 0.25, 0.0), ("SGD", 0.5, 0.0)]
    given = {"name": "SGD", "lr": 0.5, "momentum": 0.9}
    assert players(optimizer=given, generator_lr=0.125) == [("SGD", 0.5, 0.9), ("SGD", 0.125, 0.9)]


def test_what_torch_calls_by_objects():
    table = chosen(device=torch.device("cpu"), optimizer=torch.optim.SGD)
    assert (table["compute"]["device"], table["critic_optimizer"]["name"]) == ("cpu", "SGD")


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        ("modes", ["modes"]),
        ("modes,wasserstein", ["modes", "wasserstein"]),
        (["modes", {"name": "wasserstein", "n": 50}], ["modes", "wasserstein"]),
        ((Choice(name="wasserstein", options={"n": 50}),), ["wasserstein"]),
        (Choice(name="modes"), ["modes"]),
        ("none", []),
        ([], []),
    ],
)
def test_metrics(metrics, names):
    taken = gpreg.experiment("plane", metrics=metrics).recipe.metrics
    assert [choice.name for choice in taken] == names
    if not isinstance(metrics, str) and "wasserstein" in names:
        assert taken[-1].options["n"] == 50


def test_what_is_none_is_not_chosen():
    assert chosen(**dict.fromkeys((*PLUGINS, *LISTS, "rho", "steps", "optimizer", "set"))) == chosen()


@pytest.mark.parametrize(
    ("choice", "nearest"),
    [("mesure", "measure"), ("batchsize", "batch_size"), ("penatly", "penalty"), ("arch", "architecture")],
)
def test_an_unknown_keyword_and_the_nearest(choice, nearest):
    with pytest.raises(UsageError, match=f"no choice '{choice}'; did you mean '{nearest}'") as raised:
        gpreg.experiment("plane", **{choice: 1})
    assert "ema_halflife_kimg" in raised.value.remedy


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"measure_options": 3}, "measure_options is a int; it must be a mapping"),
        ({"set": "penalty.every=4"}, "set is a str; it must be a mapping"),
        ({"set": {3: 4}}, "a key of set is 3; it must be a word"),
        ({"measure_options": {3: 4}}, "a key of measure_options is 3"),
        ({"penalty.evry": 4}, "has no option 'evry'; did you mean 'every'"),
        ({"steps": 0}, "option 'steps' of .training. is 0; it must be an int >= 1"),
        ({"rho": "much"}, "it must be a float >= 0 or 'auto'"),
        ({"conditional": True}, "clashes with"),
        ({"metrics": [3]}, "metrics"),
    ],
)
def test_what_is_not_possible(choices, told):
    with pytest.raises(UsageError, match=told):
        gpreg.experiment("plane", **choices)


def test_words_and_values_are_the_same_choices():
    assert changes_of({"steps": "5"}) == {"training.steps": "5"}
    assert gpreg.experiment("plane", steps="5").recipe == gpreg.experiment("plane", steps=5).recipe


@pytest.mark.parametrize("recipe", [3, {"measure": "mid"}, gpreg.experiment("plane")])
def test_what_is_no_recipe(recipe):
    with pytest.raises(UsageError, match=f"the recipe is a {type(recipe).__name__}; it must be the name of one"):
        gpreg.experiment(recipe)

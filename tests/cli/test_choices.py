import tomllib

import pytest

from gpreg import load_registry
from gpreg.cli.choices import SWITCHES
from gpreg.experiments.choices import OPTIMIZERS, SETTINGS
from gpreg.recipe import read, to_table
from gpreg.recipe.layout import LISTS, PLUGINS

KEYS = {
    "rho": ("3", 3.0),
    "estimator": ("finite-difference", "finite-difference"),
    "optimizer": ("sgd", "SGD"),
    "lr": ("0.25", 0.25),
    "critic-lr": ("0.5", 0.5),
    "generator-lr": ("0.25", 0.25),
    "batch-size": ("7", 7),
    "critic-steps": ("2", 2),
    "steps": ("9", 9),
    "seed": ("5", 5),
    "device": ("cpu", "cpu"),
    "precision": ("bf16", "bf16"),
    "check-every": ("3", 3),
    "ema-halflife-kimg": ("1.5", 1.5),
}
VALUES = {name.replace("_", "-"): key for name, key in (SETTINGS | OPTIMIZERS).items() if name not in SWITCHES}
"""Options with a value, and the key of the recipe that each sets."""


@pytest.fixture
def chosen(call, plane):
    """The recipe's table that a command line chooses, and what is told beside it."""

    def choose(*words, recipe=None):
        result = call("train", *([plane.recipe] if recipe is None else recipe), *words, "--dry-run")
        assert result.code == 0, result.err
        return tomllib.loads(result.out), result.err

    return choose


@pytest.fixture
def refused(call, plane):
    """What is told of a command line that asks for the impossible."""

    def refuse(*words):
        result = call("train", plane.recipe, *words, "--dry-run")
        assert (result.code, result.out) == (2, "")
        return result.err

    return refuse


def test_every_choice_is_tested():
    assert KEYS.keys() == VALUES.keys()


def test_all_settings_at_once(chosen):
    words = [word for name, (value, _) in KEYS.items() for word in (f"--{name}", value)]
    table, _ = chosen(*words)
    assert table["critic_optimizer"] | {"lr": 0.25} == table["generator_optimizer"]
    table["optimizer"] = table["generator_optimizer"]
    for name, (_, value) in KEYS.items():
        where, _, key = VALUES[name].partition(".")
        assert table[where][key] == value


@pytest.mark.parametrize(("name", "key"), [(name, SETTINGS[name]) for name in SWITCHES])
def test_a_switch_goes_both_ways(plane, name, key):
    from gpreg.cli.choices import chosen

    given = dict.fromkeys([*PLUGINS, *(name.replace("-", "_") for name in VALUES)])
    given |= (
        {f"{kind}_options": () for kind in (*PLUGINS, *map(str, LISTS.values()))}
        | dict.fromkeys(LISTS, ())
        | {"keys": ()}
    )
    given |= dict.fromkeys(SWITCHES)
    registry = load_registry()
    given |= {"architecture": "resnet-stable", "dataset": "digits"}
    table, _, leaf = key.partition(".")
    for value in (True, False):
        recipe = chosen(registry, str(plane.recipe), given | {name: value})
        assert to_table(recipe.recipe)[table][leaf] is value


def test_plugins_with_their_options(chosen):
    words = ["--measure", "dragan", "-M", "scale=0.25", "--form", "one-centered", "-A", "width=8"]
    words += ["-D", "convention=0gp"]
    table, _ = chosen(*words)
    assert (table["measure"]["name"], table["measure"]["scale"]) == ("dragan", 0.25)
    assert table["form"]["name"] == "one-centered"
    assert (table["architecture"]["width"], table["architecture"]["hidden_layers"]) == (8, 1)
    assert table["dataset"]["convention"] == "0gp"


def test_lists_replace_the_recipes(chosen):
    assert [metric["name"] for metric in chosen("--metric", "wasserstein")[0]["metrics"]] == ["wasserstein"]
    assert "metrics" not in chosen("--metric", "none")[0]
    assert [eye["name"] for eye in chosen("--observer", "tensorboard")[0]["observers"]] == ["tensorboard"]


def test_any_key_can_be_set(chosen):
    table, _ = chosen("--set", "penalty.every=4", "--set", "generator_optimizer.lr=0.5", "--set", "report.tick=3")
    assert (table["penalty"]["every"], table["generator_optimizer"]["lr"], table["report"]["tick"]) == (4, 0.5, 3)


def test_learning_rates_of_both_players_and_of_one(chosen):
    def rates(*words, recipe=None):
        table, err = chosen(*words, recipe=recipe)
        return table["critic_optimizer"]["lr"], table["generator_optimizer"]["lr"], table, err

    assert rates("--lr", "1e-2")[:2] == (0.01, 0.01)
    assert rates("--critic-lr", "1e-2")[:2] == (0.01, 1e-4)
    assert rates("--generator-lr", "1e-2")[:2] == (1e-4, 0.01)
    assert rates("--lr", "1e-2", "--critic-lr", "3e-2")[:2] == (0.03, 0.01), "one player's own goes first"
    critic, generator, table, err = rates("--lr", "1e-2", "--optimizer", "sgd")
    assert (critic, generator, table["critic_optimizer"]["name"]) == (0.01, 0.01, "SGD")
    assert "is kept" not in err, "the rate is the one that was asked for"


def test_a_rate_that_is_chosen_is_no_omission_of_the_source(chosen):
    before, _ = chosen(recipe=("thanhtung-mnist",))
    after, _ = chosen("--critic-lr", "1e-3", recipe=("thanhtung-mnist",))
    assert before["unstated"].keys() - after["unstated"].keys() == {"critic_optimizer.lr"}


@pytest.mark.parametrize(("word", "told"), [("-1", "Invalid learning rate"), ("fast", "'lr'"), ("nan", "lr")])
def test_a_rate_that_cannot_be(refused, word, told):
    assert told in refused("--lr", word)


def test_what_is_dropped_without_being_asked_for_is_told(chosen):
    assert "Note: critic_optimizer: sgd replaces Adam, whose betas = " in chosen("--optimizer", "sgd")[1]


@pytest.mark.parametrize("spec", load_registry().list("architecture"), ids=lambda spec: spec.name)
def test_an_architecture_alone_is_tried_with_its_recipe(chosen, spec):
    table, _ = chosen("--measure", "gp", "--arch", spec.name, "--set", "training.steps=3", recipe=())
    own = read(load_registry().build("recipe", spec.recipe), origin=spec.recipe, registry=load_registry())
    assert table["dataset"]["name"] == own.dataset.name
    assert (table["measure"]["name"], table["training"]["steps"]) == ("gp", 3)


def test_every_mistake_is_told_at_once_with_the_nearest(refused):
    err = refused(
        *("--measure", "midd", "--loss", "wassertein", "--dataset", "8gausians", "--arch", "mpl", "--metric", "nope"),
        *("--estimator", "exakt", "--steps", "0", "--rho", "much", "--set", "penalty.evry=2", "--set", "repotr.tick=2"),
    )
    for line in (
        "there is no measure named 'midd'; did you mean 'mid'?",
        "there is no loss named 'wassertein'; did you mean 'wasserstein'?",
        "there is no dataset named '8gausians'; did you mean '8gaussians'?",
        "there is no architecture named 'mpl'; did you mean 'mlp'?",
        "there is no metric named 'nope'",
        "option 'estimator' of [penalty] is 'exakt'; it must be one of 'exact', 'finite-difference', 'noise'",
        "option 'steps' of [training] is '0'; it must be an int >= 1",
        "option 'rho' of [penalty] is 'much'; it must be a float >= 0 or 'auto'",
        "[penalty] has no option 'evry'; did you mean 'every'?",
        "there is no table [repotr]; did you mean 'report'?",
    ):
        assert line in err


def test_plugin_options_that_are_misspelt(refused):
    err = refused("-A", "widht=3", "-M", "sigma=1", "-D", "convnetion=0gp")
    assert "architecture 'mlp' has no option 'widht'; did you mean 'width'?" in err
    assert "measure 'mid' has no option 'sigma' (it has none)" in err
    assert "dataset '8gaussians' has no option 'convnetion'; did you mean 'convention'?" in err


@pytest.mark.parametrize("words", [("--set", "tick"), ("-A", "width"), ("-A", "=3")])
def test_what_is_no_assignment(refused, words):
    assert "key" in refused(*words)


def test_labels_clash_with_both_that_have_none(refused):
    err = refused("--conditional")
    assert "training.conditional = true clashes with architecture.name = 'mlp'" in err
    assert "training.conditional = true clashes with dataset.name = '8gaussians'" in err
    assert "'resnet-stable'" in err


@pytest.mark.parametrize(
    ("kind", "name"), [("measure", "mid"), ("architecture", "dcgan"), ("dataset", "8gaussians"), ("loss", "hinge")]
)
def test_a_name_of_another_kind_is_explained(call, kind, name):
    result = call("train", name)
    assert (result.code, result.out) == (2, "")
    assert f"'{name}' is the name of a {kind}, not of a recipe\nwrite --{kind} {name}" in result.err


def test_a_runs_folder_is_explained(call, plane, monkeypatch):
    monkeypatch.chdir(plane.path.parent)
    assert "the recipe of that run is run/recipe.toml" in call("train", "run").err


def test_a_file_without_an_ending_is_read(call, plane, tmp_path, monkeypatch):
    (tmp_path / "mine").write_text(plane.recipe.read_text())
    monkeypatch.chdir(tmp_path)
    assert call("train", "mine", "--dry-run").code == 0

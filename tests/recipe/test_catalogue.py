from pathlib import Path

import pytest

from gpreg.errors import PluginError, UnknownNameError, UsageError
from gpreg.recipe import for_architecture, load, write
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.registry import Registry
from gpreg.registry.specs import ArchitectureSpec, RecipeSpec


@pytest.fixture
def with_recipes(plane, registry):
    """The installed plugins' registry, and one more plugin."""
    net = ArchitectureSpec(name="net", factory="a:B", summary="s", shapes="any", dataset="8gaussians", recipe="ring")
    recipes = {
        "ring": write(plane),
        "torn": "[measure\n",
        "mistaken": write(plane).replace("rho", "rhoo"),
        "number": 3,
    }
    own = PluginRecord(
        name="own",
        package="own",
        version="1",
        module="own",
        specs={
            "architecture": (net,),
            "recipe": tuple(
                RecipeSpec(name=name, factory=lambda text=text: text, summary="s", package="own", version="1")
                for name, text in recipes.items()
            ),
        },
    )
    return Registry((*registry.records, own))


def test_by_name(plane, with_recipes):
    assert load("ring", with_recipes) == plane


def test_for_an_architecture(plane, with_recipes):
    assert for_architecture("net", with_recipes) == plane
    with pytest.raises(UnknownNameError, match="no architecture named 'nett'; did you mean 'net'"):
        for_architecture("nett", with_recipes)


def foreign(registry, **words):
    spec = ArchitectureSpec(name="foreign", factory="a:B", summary="s", **words)
    return Registry(
        (
            *registry.records,
            PluginRecord(name="f", package="f", version="1", module="f", specs={"architecture": (spec,)}),
        )
    )


@pytest.mark.parametrize(
    ("words", "dataset", "base", "trained_on"),
    [
        ({}, None, "plane", "8gaussians"),
        ({"dataset": "8gaussians"}, None, "plane", "8gaussians"),
        ({"dataset": "swissroll"}, None, "plane", "swissroll"),
        ({}, "swissroll", "plane", "swissroll"),
        ({"dataset": "digits"}, None, "digits", "digits"),
        ({"dataset": "8gaussians"}, "digits", "digits", "digits"),
        ({}, "cifar10", "digits", "cifar10"),
        ({}, "image-folder", "digits", "image-folder"),
    ],
)
def test_an_architecture_without_a_recipe_has_that_of_one_for_such_data(registry, words, dataset, base, trained_on):
    recipe = for_architecture("foreign", foreign(registry, **words), dataset=dataset)
    assert (recipe.architecture.name, recipe.dataset.name) == ("foreign", trained_on)
    assert recipe.training == load(base, registry).training
    assert bool(recipe.metrics) == (load(base, registry).dataset.name == trained_on)


def test_where_no_architecture_has_a_recipe_that_is_said():
    spec = ArchitectureSpec(name="foreign", factory="a:B", summary="s")
    alone = PluginRecord(name="f", package="f", version="1", module="f", specs={"architecture": (spec,)})
    with pytest.raises(UsageError, match="architecture 'foreign' has no recipe, nor has any other"):
        for_architecture("foreign", Registry((alone,)))


def test_an_unknown_name_is_answered_with_the_nearest(with_recipes):
    with pytest.raises(UnknownNameError, match="no recipe named 'rign'; did you mean 'ring'"):
        load("rign", with_recipes)


def test_mistakes_name_the_plugin(with_recipes):
    with pytest.raises(UsageError, match=r"^recipe 'torn' of own 1:1: this is no TOML"):
        load("torn", with_recipes)
    with pytest.raises(UsageError, match=r"^recipe 'mistaken' of own 1:\d+: \[penalty\] has no option 'rhoo'"):
        load("mistaken", with_recipes)
    with pytest.raises(PluginError, match="recipe 'number' of own 1 builds a int, which is no str"):
        load("number", with_recipes)


def test_from_a_file(tmp_path, plane, registry, monkeypatch):
    file = tmp_path / "own.toml"
    file.write_text(write(plane), encoding="utf-8")
    (tmp_path / "bare").write_text(write(plane), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for path in (file, str(file), "own.toml", "./bare", Path("bare")):
        assert load(path, registry) == plane


def test_files_that_cannot_be_read(tmp_path, plane, registry):
    (tmp_path / "own.toml").write_text("a = [")
    (tmp_path / "latin.toml").write_bytes('summary = "é"'.encode("latin-1"))
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(UsageError, match=r"there is no file .*owm\.toml; did you mean 'own.toml'"):
        load(tmp_path / "owm.toml", registry)
    with pytest.raises(UsageError, match=r"own\.toml:1: this is no TOML"):
        load(tmp_path / "own.toml", registry)
    with pytest.raises(UsageError, match=r"latin\.toml:1: this is no UTF-8 text"):
        load(tmp_path / "latin.toml", registry)
    with pytest.raises(UsageError, match="is a folder, not a recipe\nname a TOML file"):
        load(run, registry)
    (run / "recipe.toml").write_text(write(plane))
    with pytest.raises(UsageError, match=r"is a folder, not a recipe\nthe recipe of that run is .*recipe\.toml"):
        load(run, registry)
    with pytest.raises(UsageError, match="cannot be read: Not a directory"):
        load(run / "recipe.toml" / "x.toml", registry)

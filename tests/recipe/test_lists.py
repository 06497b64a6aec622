"""Options of plugins in arrays of tables: by name, or for all that have them."""

import pytest

import gpreg
from gpreg.errors import UsageError


def chosen(**choices):
    return gpreg.experiment("plane", metrics=[], **choices).recipe


def test_an_option_is_of_the_plugin_that_it_names_or_of_each_that_has_it():
    both = {"regularizers": "drift", "augmentations": "noise", "constraints": ["clipping"]}
    recipe = chosen(**both, regularizer_options={"weight": "0.5"}, **{"augmentations.noise.sigma": 0.25})
    assert [(choice.name, choice.options["weight"]) for choice in recipe.regularizers] == [("drift", 0.5)]
    assert recipe.augmentations[0].options["sigma"] == 0.25
    assert recipe.constraints[0].options == {"player": "critic", "bound": 0.01}
    again = gpreg.experiment(recipe, set={"regularizers": {"drift": {"weight": 2}}}).recipe
    assert again.regularizers[0].options == {"weight": 2.0}
    assert again.augmentations == recipe.augmentations


def test_a_new_list_replaces_the_old_one_and_none_empties_it():
    recipe = chosen(regularizers=[{"name": "drift", "weight": 3}])
    assert recipe.regularizers[0].options == {"weight": 3.0}
    assert gpreg.experiment(recipe, regularizers="none").recipe.regularizers == ()
    assert gpreg.experiment(recipe, regularizers="drift").recipe.regularizers[0].options == {"weight": 0.001}


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"regularizer_options": {"weight": 1}}, r"the option 'weight' is of a regularizer, and none is chosen"),
        (
            {"regularizers": "drift", "regularizer_options": {"drfit.weight": 1}},
            r"no regularizer 'drfit' is chosen; did",
        ),
        (
            {"regularizers": "drift", "regularizer_options": {"wieght": 1}},
            r"'drift' has no option 'wieght'; did you mean",
        ),
        ({"regularizers": "drift", "regularizer_options": {"weight": -1}}, r"weight.*-1"),
        ({"regularizers": ["drift", "drift"]}, r"each regularizer is applied once"),
        ({"augmentations": "noise", "compile": True}, r"compute.compile = true clashes with"),
        ({"augmentations": "noise", "estimator": "finite-difference"}, r"two different random changes"),
    ],
)
def test_what_is_impossible_is_said(choices, told):
    with pytest.raises(UsageError, match=told):
        chosen(**choices)


def test_an_option_that_none_of_several_has_is_refused():
    constraints = [{"name": "clipping"}, {"name": "clipping"}]
    with pytest.raises(
        UsageError, match=r"none of the constraints clipping, clipping has an option 'bond'; did you mean"
    ):
        chosen(constraints=constraints, constraint_options={"bond": 1})

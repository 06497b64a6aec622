"""A sweep's definition is read from TOML; what is impossible in it is refused with what would be right."""

import pytest

from gpreg.errors import UsageError
from gpreg.sweeps.definition import Definition


def test_a_scale_is_merged_over_the_rest():
    text = '[choices]\nsteps = 500\nloss = "wgan"\n[axes]\nmeasure = ["mid"]\n[scales.small]\nchoices = {steps = 3}\n'
    found = Definition.read(text, origin="sweep.toml", scale="small")
    assert found.choices == {"steps": 3, "loss": "wgan"}
    assert (found.axes, found.seeds) == ({"measure": ["mid"]}, (0, 1, 2))


def test_a_list_of_recipes_is_an_axis():
    assert Definition.of({"recipe": ["plane", "digits"]}).recipes == ("plane", "digits")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"axis": {}}, "did you mean 'axes'"),
        ({"axes": {"measure": "mid"}}, "an axis is a list"),
        ({"axes": {"seed": [-1]}}, "has -1"),
        ({"axes": {"measure": ["mid"]}, "columns": ["measur"]}, "did you mean 'measure'"),
        ({"axes": {"steps": [1]}, "choices": {"steps": 2}}, "is in"),
        ({"variants": [{"choices": {}}]}, "has no name"),
        ({"choices": 3}, "it must be a table"),
        ({"published": [{"row": "mid", "column": "a", "value": "8"}]}, "value of a published number"),
    ],
)
def test_what_is_impossible_is_refused(table, told):
    with pytest.raises(UsageError, match=told):
        Definition.of(table)


def test_its_text_means_the_same():
    table = {"recipe": "plane", "axes": {"measure": ["mid", {"name": "dragan", "scale": 0.5}], "seed": "0:2"}}
    table |= {"variants": [{"name": "A", "choices": {"rho": 2}}], "rho": {"policy": "recipe"}, "score": "modes/modes"}
    found = Definition.of(table)
    assert Definition.read(found.text, origin="sweep.toml") == found

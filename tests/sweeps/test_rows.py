"""Rows of a sweep that varies what a recipe names several of."""

import tomllib

import pytest

import gpreg
from gpreg.errors import UsageError
from gpreg.sweeps.asked import ask


def cells(**choices):
    asked = ask("plane", registry=gpreg.load_registry(), seeds="0:1", **choices)
    return {cell.row: tomllib.loads(cell.recipe).get("regularizers", []) for cell in asked.expansion().cells}


def test_a_list_is_an_axis_and_a_text_with_commas_is_several_at_once():
    found = cells(regularizers=["none", "drift", "drift,lecam"])
    assert {row: [table["name"] for table in tables] for row, tables in found.items()} == {
        "no regularizer": [],
        "drift": ["drift"],
        "drift,lecam": ["drift", "lecam"],
    }
    assert list(cells(regularizers="drift,lecam")) == ["mid"]


def test_options_speak_of_the_rows_that_have_the_plugin():
    options = {"drift.weight": 0.5, "lecam.weight": 2.0}
    found = cells(regularizers=["none", "drift", "lecam"], regularizer_options=options)
    weights = {row: [table["weight"] for table in tables] for row, tables in found.items()}
    assert weights == {"no regularizer": [], "drift": [0.5], "lecam": [2.0]}
    beside = {"regularizers.lecam.weight": 2.0, "regularizers.consistency.augmentation_options.sigma": 0.25}
    found = cells(regularizers=["none", "lecam", [{"name": "consistency", "augmentation": "noise"}]], **beside)
    assert [tables[0]["weight"] for row, tables in found.items() if row == "lecam"] == [2.0]
    assert [tables[0]["augmentation_options"] for row, tables in found.items() if "noise" in row] == [{"sigma": 0.25}]
    with pytest.raises(UsageError, match="no regularizer 'lceam' is chosen"):
        cells(regularizers=["drift", "lecam"], regularizer_options={"lceam.weight": 2.0})
    with pytest.raises(UsageError, match="no regularizer 'lecam' is chosen"):
        cells(regularizers="drift", regularizer_options=options)


def test_all_is_all_that_are_installed():
    names = [spec.name for spec in gpreg.load_registry().list("constraint")]
    asked = ask("plane", registry=gpreg.load_registry(), seeds="0:1", constraints=["all"])
    assert [cell.row for cell in asked.expansion().cells] == names

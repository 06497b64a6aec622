import pytest

from gpreg.errors import UsageError
from gpreg_new_plugin.rendering import imported
from gpreg_new_plugin.thing import things_of


def coded(*named):
    return [(thing.module, thing.cls) for thing in things_of(named, imported=imported())]


def test_a_thing_is_called_in_the_code_as_it_is_by_users():
    assert coded(("measure", "half-way"), ("loss", "r1")) == [("half_way", "HalfWay"), ("r1", "R1")]


def test_two_things_of_one_name_have_their_kind_in_the_code():
    assert coded(("measure", "wedge"), ("form", "wedge"), ("loss", "apple")) == [
        ("wedge_measure", "WedgeMeasure"),
        ("wedge_form", "WedgeForm"),
        ("apple", "Apple"),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "module"),
    [
        ("measure", "plugin", "plugin_measure"),  # a module that each package has
        ("dataset", "tensor", "tensor_dataset"),  # a class that modules import
        ("measure", "warning", "warning_measure"),  # a class of Python
        ("measure", "penalty-batch", "penalty_batch_measure"),
    ],
)
def test_no_name_hides_another_one(kind, name, module):
    ((found, _),) = coded((kind, name))
    assert found == module


def test_names_that_differ_by_a_hyphen_are_refused():
    with pytest.raises(UsageError, match="would both be the class") as raised:
        coded(("measure", "a-1"), ("measure", "a1"))
    assert "--measure a1-too" in raised.value.remedy

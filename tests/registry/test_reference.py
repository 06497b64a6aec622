from dataclasses import dataclass

import pytest

from gpreg import LossSpec
from gpreg.errors import PluginError
from gpreg.registry.reference import factory_of, options_of


@dataclass(frozen=True, kw_only=True)
class Options:
    size: int = 1


def spec(factory=Options, options=None):
    return LossSpec(
        name="x", factory=factory, options=options, summary="s", critic="c", generator="g", package="pack", version="1"
    )


def test_objects_are_themselves():
    assert factory_of(spec(), "loss") is Options
    assert options_of(spec(options=Options), "loss") is Options
    assert options_of(spec(), "loss") is None


def test_references_are_imported():
    assert factory_of(spec("collections:OrderedDict"), "loss").__name__ == "OrderedDict"
    assert options_of(spec(options="gpreg.registry.options:OptionInfo"), "loss").__name__ == "OptionInfo"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("no_such_module:X", "loss 'x' of pack 1 does not import: ModuleNotFoundError"),
        ("collections:NoSuchThing", "loss 'x' of pack 1 does not import: AttributeError"),
        ("collections:OrderedDict", "options of loss 'x' of pack 1 must be a dataclass"),
    ],
)
def test_references_that_lead_nowhere_name_the_plugin(options, says):
    with pytest.raises(PluginError, match=says):
        options_of(spec(options=options), "loss")

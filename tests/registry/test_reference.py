from dataclasses import dataclass, make_dataclass

import pytest

import gpreg
from gpreg import LossSpec
from gpreg.errors import PluginError
from gpreg.registry.options import parse
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
    assert options_of(spec(options="gpreg.recipe.settings:PenaltySettings"), "loss").__name__ == "PenaltySettings"


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


def options(*fields, **namespace):
    return make_dataclass("Odd", fields, frozen=True, kw_only=True, namespace=namespace)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (options(("a", int)), "gives 'a' no default; write a: int = gpreg.option"),
        (
            options(("a", float, gpreg.option(float("nan"), help="h"))),
            "'a' with default nan, which neither TOML",
        ),
        (options(("a", bytes, gpreg.option(b"x", help="h"))), "'a' with default b'x', which neither"),
        (options(("a", str, gpreg.option("\ud800", help="h"))), "which neither TOML nor JSON can write"),
        (options(("a", object, gpreg.option(object(), help="h"))), "'a' with default <object object"),
        (options(("a", int, gpreg.option(1, help=3))), "'a' with help 3; it must be text"),
        (options(("a", int, gpreg.option(1, help="h", ge="0"))), "cannot be read: ValueError"),
        (options(("a", "Missing", gpreg.option(1, help="h"))), "cannot be read: name 'Missing' is not defined"),
    ],
)
def test_options_that_cannot_be_shown_are_the_plugin_s_fault(odd, reason):
    with pytest.raises(PluginError, match=reason):
        options_of(spec(options=odd), "loss")


def test_options_that_cannot_be_made_are_the_plugin_s_fault():
    def refuse(self):
        raise TypeError("no")

    odd = options(("a", int, gpreg.option(1, help="h")), __post_init__=refuse)
    with pytest.raises(PluginError, match="the options of loss 'x' cannot be made: TypeError: no"):
        parse(odd, {}, owner="loss 'x'")

import json
import string
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import OptionError, PluginError
from gpreg.registry.options import assignments, describe, option, parse, to_table


@dataclass(frozen=True, kw_only=True)
class Options:
    scale: float = option(0.5, help="scale", gt=0, le=10)
    count: int = option(3, help="count", ge=1)
    flag: bool = option(False, help="flag")
    noise: str = option("uniform", help="noise", choices=("uniform", "gaussian"))
    mode: Literal["a", "b"] = option("a", help="mode")
    point: tuple[float, ...] = option((2.0, -1.0), help="point", ge=-5)
    pair: tuple[int, int] = option((1, 2), help="pair")
    level: float | None = option(None, help="level", ge=0, lt=1)
    where: tuple[float, ...] | None = option(None, help="where")
    folder: Path = option(Path("data"), help="folder")
    title: str = option("", help="title")
    weights: dict[str, float] = option({"pd": 1.0}, help="weights")


def read(**values):
    return parse(Options, values, owner="measure 'x'")


def test_describe():
    infos = {info.name: info for info in describe(Options)}
    assert {name: info.type for name, info in infos.items()} == {
        "scale": "float",
        "count": "int",
        "flag": "true or false",
        "noise": "text",
        "mode": "one of 'a', 'b'",
        "point": "list of float",
        "pair": "list of int",
        "level": "float or none",
        "where": "list of float or none",
        "folder": "path",
        "title": "text",
        "weights": "table",
    }
    assert infos["scale"].bounds == "> 0 and <= 10"
    assert infos["noise"].bounds == "one of 'uniform', 'gaussian'"
    assert infos["title"].bounds == ""
    assert infos["weights"].default == {"pd": 1.0}
    assert infos["count"].help == "count"
    assert describe(None) == ()


def test_a_mutable_default_is_not_shared():
    assert Options().weights is not Options().weights


@pytest.mark.parametrize(
    ("words", "table"),
    [
        ([], {}),
        (["a=1", "b = two words "], {"a": "1", "b": "two words"}),
        (["a=x=y"], {"a": "x=y"}),
        (["a="], {"a": ""}),
        (["a=1", "a=2"], {"a": "2"}),
        (
            ["of.pd=1", "of.pg=2", "options.dragan.scale=3"],
            {"of": {"pd": "1", "pg": "2"}, "options": {"dragan": {"scale": "3"}}},
        ),
    ],
)
def test_assignments(words, table):
    assert assignments(words) == table


@pytest.mark.parametrize(
    "words", [["a"], ["=1"], [" =1"], ["a.=1"], [".a=1"], ["a..b=1"], ["a=1", "a.b=2"], ["a.b=1", "a=2"]]
)
def test_assignments_that_cannot_be(words):
    with pytest.raises(OptionError):
        assignments(words)


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("scale", "2.5", 2.5),
        ("scale", 2, 2.0),
        ("count", "7", 7),
        ("flag", "true", True),
        ("flag", "off", False),
        ("flag", True, True),
        ("noise", "gaussian", "gaussian"),
        ("mode", "b", "b"),
        ("point", "1, 2,3", (1.0, 2.0, 3.0)),
        ("point", [1, 2], (1.0, 2.0)),
        ("point", "", ()),
        ("pair", "3,4", (3, 4)),
        ("level", "none", None),
        ("level", "None", None),
        ("level", None, None),
        ("level", "0.25", 0.25),
        ("where", "1,2", (1.0, 2.0)),
        ("where", "none", None),
        ("folder", "data/x", Path("data/x")),
        ("title", "none", "none"),
        ("weights", {"pd": "2"}, {"pd": 2.0}),
    ],
)
def test_every_type_is_read_from_words_and_from_toml(name, value, result):
    read_value = getattr(read(**{name: value}), name)
    assert read_value == result
    assert type(read_value) is type(result)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", "0", "option 'scale' of measure 'x' is '0'; it must be a float > 0 and <= 10 (default 0.5)"),
        ("scale", "10.1", "it must be a float > 0 and <= 10 (default 0.5)"),
        ("scale", "much", "it must be a float > 0 and <= 10 (default 0.5)"),
        ("scale", "nan", "is 'nan'; it must be a float > 0"),
        ("scale", True, "is True; it must be a float > 0"),
        ("count", 2.5, "is 2.5; it must be an int >= 1 (default 3)"),
        ("count", "", "is ''; it must be an int >= 1"),
        ("flag", "maybe", "it must be true or false (default False)"),
        ("noise", "gausian", "it must be one of 'uniform', 'gaussian'; did you mean 'gaussian'? (default 'uniform')"),
        ("mode", "c", "it must be one of 'a', 'b' (default 'a')"),
        ("point", "1,-6", "it must be a list of float >= -5 (default [2.0, -1.0])"),
        ("point", "1,inf", "it must be a list of float >= -5"),
        ("pair", "1,2,3", "it must be a list of int (default [1, 2])"),
        ("level", "1", "it must be a float or none >= 0 and < 1 (default None)"),
        ("level", "nan", "it must be a float or none >= 0 and < 1"),
        ("title", 3, "is 3; it must be text (default '')"),
        ("weights", {"pd": "nan"}, "it must be a table"),
    ],
)
def test_bounds_and_default_are_in_the_message(name, value, message):
    with pytest.raises(OptionError) as caught:
        read(**{name: value})
    assert message in caught.value.message
    assert caught.value.remedy == "`gpreg show measure x` explains every option"


def test_all_problems_are_reported_at_once():
    with pytest.raises(OptionError) as caught:
        read(scael=1, zzz=2, count=0, scale=-1)
    lines = caught.value.message.splitlines()
    assert lines[0].startswith("measure 'x' has no option 'scael'; did you mean 'scale'? (it has scale, count,")
    assert lines[1].startswith("measure 'x' has no option 'zzz' (it has")
    assert [line.split()[1] for line in lines[2:]] == ["'scale'", "'count'"]
    assert list(caught.value.problems.items()) == list(zip(["scael", "zzz", "scale", "count"], lines, strict=True))


def test_without_options():
    assert parse(None, {}, owner="measure 'x'") is None
    assert to_table(None) == {}
    with pytest.raises(OptionError, match="it has none"):
        parse(None, {"a": 1}, owner="measure 'x'")


@dataclass(frozen=True, kw_only=True)
class Ordered:
    low: float = option(0.0, help="low")
    high: float = option(1.0, help="high")

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError("low must be below high")


def test_what_the_dataclass_itself_refuses_is_an_option_error():
    with pytest.raises(OptionError, match="options of measure 'box': low must be below high"):
        parse(Ordered, {"low": 2}, owner="measure 'box'")


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    array: "Missing" = option(0, help="h")  # noqa: F821 -- the fault under test


def test_annotations_that_cannot_be_read_are_the_plugin_s_fault():
    with pytest.raises(PluginError, match=r"the types of .*Unreadable cannot be read: name 'Missing'") as caught:
        describe(Unreadable)
    assert "TYPE_CHECKING" in caught.value.remedy


finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
instances = st.builds(
    Options,
    scale=st.floats(min_value=0, max_value=10, exclude_min=True),
    count=st.integers(min_value=1, max_value=2**40),
    flag=st.booleans(),
    noise=st.sampled_from(["uniform", "gaussian"]),
    mode=st.sampled_from(["a", "b"]),
    point=st.lists(st.floats(min_value=-5, allow_infinity=False), max_size=4).map(tuple),
    pair=st.tuples(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40)),
    level=st.none() | st.floats(min_value=0, max_value=1, exclude_max=True),
    where=st.none() | st.lists(finite, max_size=3).map(tuple),
    folder=st.text(alphabet=string.ascii_letters + " ./", min_size=1).map(Path),
    title=texts,
    weights=st.dictionaries(st.text(alphabet=string.ascii_lowercase + "+-.", min_size=1), finite, max_size=3),
)


@given(instances)
def test_options_survive_the_table_and_toml_and_json(options):
    table = to_table(options)
    assert read(**table) == options
    assert read(**tomllib.loads(tomlkit.dumps(table))) == options
    assert read(**json.loads(json.dumps(table))) == options


@given(finite, st.integers(-(2**40), 2**40))
def test_numbers_survive_being_written_as_words(number, integer):
    values = read(**assignments([f"where={number!r},{number!r}", f"pair={integer},{integer}"]))
    assert values.where == (number, number)
    assert values.pair == (integer, integer)

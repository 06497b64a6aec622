import keyword
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg import load_registry
from gpreg.errors import UsageError
from gpreg_new_plugin import names


def refused(check, *words, **more):
    with pytest.raises(UsageError) as raised:
        check(*words, load_registry(), **more)
    return raised.value


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Wedge", "wedge"),
        ("half way", "half-way"),
        ("half_way", "half-way"),
        ("half--way", "half-way"),
        ("8gaussians", "gaussians-8"),
        ("Świerk", "swierk"),
        ("w", "mine"),
        ("", "mine"),
        ("../wedge", "wedge"),
        ("a" * 31, "a" * 30),
        ("gpreg-", "mine"),
        ("GPREG", "mine"),
    ],
)
def test_an_invalid_name_is_answered_with_the_nearest_valid_one(name, nearest):
    error = refused(names.check_plugin, name)
    assert names.RULE in error.message
    assert error.remedy == f"write gpreg new-plugin {nearest}"


@pytest.mark.parametrize(
    ("name", "reason", "free"),
    [
        ("lambda", "keyword", "lambda-2"),
        ("json", "standard library", "json-2"),
        ("gpreg", "gpreg itself", "gpreg-2"),
        ("verify", "plugin verify", "verify-2"),
        ("measures", "plugin measures", "measures-2"),
    ],
)
def test_a_name_that_is_taken_is_answered_with_a_free_one(name, reason, free):
    error = refused(names.check_plugin, name)
    assert reason in error.message
    if name != "gpreg":
        assert error.remedy == f"write gpreg new-plugin {free}"


def test_a_module_that_is_there_without_being_a_plugin_is_in_the_way(tmp_path, monkeypatch):
    (tmp_path / "gpreg_wedge.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert "gpreg_wedge" in refused(names.check_plugin, "wedge").message


@pytest.mark.parametrize(("kind", "name"), [("measure", "mid"), ("loss", "hinge"), ("command", "verify")])
def test_a_thing_that_is_installed_is_not_supplied_again(kind, name):
    error = refused(names.check_thing, kind, name, advised=f"--{kind} {{}}")
    assert f"supplies a {kind}" in error.message
    assert error.remedy == f"write --{kind} {name}-2"


def test_a_name_is_taken_for_one_kind_only():
    names.check_thing("loss", "mid", load_registry(), advised="")


def test_commands_of_gpreg_itself_are_taken():
    assert "of gpreg itself" in refused(names.check_thing, "command", "train", advised="{}").message


def test_numbers_go_on_until_one_is_free():
    assert names.free("wedge", lambda name: name not in ("wedge", "wedge-2", "wedge-3")) == "wedge-4"
    assert names.free("a" * 30, lambda name: name.endswith("-2")) == "a" * 28 + "-2"


@given(st.text("aZ8-_ ./\0ßŚЖ中", max_size=60))
def test_what_is_nearest_is_valid_always(word):
    nearest = names.normalised(word)
    assert names.normalised(nearest) == nearest
    assert names.module_of(nearest).isidentifier()
    assert 2 <= len(nearest) <= names.LONGEST


@given(st.sampled_from(sorted({*keyword.kwlist, *sys.stdlib_module_names})))
def test_no_keyword_and_no_module_of_python_is_accepted(word):
    with pytest.raises(UsageError):
        names.check_plugin(word, load_registry())

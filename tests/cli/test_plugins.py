import re

import pytest

BROKEN = "import gpreg\n@gpreg.hookimpl\ndef gpreg_measure(): return []"


@pytest.fixture
def troubled(gpreg, site):
    site.install("bad", BROKEN)
    site.install("gone", "raise SystemExit(3)")
    site.install_measure("one", "same")
    site.install_measure("two", "same")
    site.install("off", "raise RuntimeError('must not be imported')")

    def run(*words):
        return gpreg("--no-plugin", "off", *words, plugins="main,bad,gone,one,two,off")

    return run


def states(result):
    return {row["name"]: row["state"] for row in result.json["plugins"]}


def test_every_state_is_shown(troubled):
    result = troubled("plugins", "--json")
    assert result.code == 0
    assert result.json["schema"] == 1
    found = states(result)
    assert {name: found[name] for name in ("main", "bad", "gone", "one", "two", "off")} == {
        "main": "ok",
        "bad": "broken",
        "gone": "broken",
        "one": "clash",
        "two": "clash",
        "off": "disabled",
    }
    assert all(state == "disabled" for name, state in found.items() if name.startswith("measures"))
    row = {row["name"]: row for row in result.json["plugins"]}["bad"]
    assert set(row) == {"name", "package", "version", "module", "state", "supplies", "error", "seconds", "remarks"}
    assert "did you mean 'gpreg_measures'?" in row["error"]


def test_the_table_says_the_same(troubled):
    lines = {line.split()[0]: line for line in troubled("plugins").out.splitlines()}
    assert lines["name"].split() == ["name", "package", "version", "state", "supplies", "error", "remarks"]
    assert lines["gone"].split()[:5] == ["gone", "fake-gone", "1.0", "broken", "–"]
    assert re.search(r"SystemExit: 3 +calls exit$", lines["gone"])
    assert "2 measures, 1 form, 1 loss" in lines["main"]


@pytest.mark.parametrize(
    "words",
    [
        ("list-measures",),
        ("show", "measure", "mid"),
        ("plugins",),
        ("--help",),
        ("greet", "you"),
        ("completion", "zsh"),
    ],
)
def test_every_command_works_beside_them_and_says_one_line_each(troubled, words):
    result = troubled(*words)
    assert result.code == 0
    assert result.out
    warnings = [line for line in result.err.splitlines() if line.startswith("Warning: ")]
    assert [line.split()[2] for line in warnings] == ["bad", "gone", "one", "two"]
    assert warnings[2].endswith("measure 'same' is claimed by one (fake-one 1.0) and by two (fake-two 1.0)")


@pytest.mark.parametrize("plugins", ["main,bad", "main,one,two"])
def test_strict_stops_with_the_plugin_s_exit_code(gpreg, site, monkeypatch, plugins):
    site.install("bad", BROKEN)
    site.install_measure("one", "same")
    site.install_measure("two", "same")
    monkeypatch.setenv("GPREG_STRICT_PLUGINS", "1")
    result = gpreg("list-measures", plugins=plugins)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("Error: ")


def test_no_plugin_may_be_repeated_and_takes_package_names(gpreg, site):
    site.install_measure("one", "a")
    site.install_measure("two", "b")
    found = states(gpreg("--no-plugin", "one", "--no-plugin", "fake-two", "plugins", "--json", plugins="main,one,two"))
    assert (found["one"], found["two"], found["main"]) == ("disabled", "disabled", "ok")


def test_no_plugin_of_that_name_is_a_usage_error(gpreg):
    result = gpreg("--no-plugin", "mian", "plugins")
    assert result.code == 2
    assert "there is no plugin named 'mian'; did you mean 'main'?" in result.err


def test_no_plugins_allowed(gpreg):
    assert set(states(gpreg("plugins", "--json", plugins="")).values()) == {"disabled"}


def test_one_that_requires_another_gpreg_is_told_at_every_command(gpreg, site):
    site.install("new", "raise RuntimeError('must not be imported')", requires="gpreg>=1000")
    result = gpreg("show", "measure", "mid", plugins="main,new")
    assert result.code == 0
    assert result.err.startswith("Warning: plugin new (fake-new 1.0) [unsuitable]: requires gpreg>=1000, and ")
    result = gpreg("show", "measure", "other", plugins="main,new")
    assert re.search(r"a plugin that is not loaded might supply it: .*new \(fake-new 1.0\) \[unsuitable\]", result.err)


def test_what_a_plugin_prints_when_imported_does_not_reach_stdout(gpreg, site):
    site.install("loud", "print('look at me')\n" + "import gpreg\n@gpreg.hookimpl\ndef gpreg_forms(): return []")
    result = gpreg("list-measures", "--json", plugins="main,loud")
    assert result.json["measures"]
    assert "look at me" in result.err

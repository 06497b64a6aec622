import json

import pytest

import gpreg as package
from gpreg.cli.main import COMMANDS, main

OWN = [name for name in COMMANDS if name.startswith(("list-", "show", "plugins", "completion"))]


def test_version(gpreg):
    assert gpreg("--version").out == f"gpreg {package.__version__}\n"


def test_help_lists_every_command_with_a_line(gpreg):
    result = gpreg("--help")
    assert (result.code, result.err) == (0, "")
    for name, entry in COMMANDS.items():
        assert f"  {name} " in result.out
        assert entry.summary.split()[0] in result.out
    assert "Commands of plugins:" in result.out
    assert "Do greet. [fake-main]" in result.out
    assert "Commands of plugins" not in gpreg("--help", plugins="").out


@pytest.mark.parametrize("name", OWN)
def test_every_command_has_a_help_page(gpreg, name):
    result = gpreg(name, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: gpreg {name} ")
    assert gpreg(name, "-h").out == result.out


def test_without_a_command_help_is_shown_as_a_usage_error(gpreg):
    result = gpreg()
    assert result.code == 2
    assert "Usage: gpreg" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("list-mesures",), "Error: there is no command named 'list-mesures'; did you mean 'list-measures'?"),
        (("gret",), "did you mean 'greet'?"),
        (("--no-plugin", "main", "greet"), "a plugin that is not loaded might supply it: "),
        (("--nonsense",), "No such option"),
        (("show", "measure"), "Missing argument 'NAME'"),
        (("show", "measure", "mid", "--jsno"), "No such option"),
        (("list-measures", "a", "b"), "unexpected extra argument"),
        (("completion", "tcsh"), "'tcsh' is not one of 'bash', 'zsh', 'fish'"),
    ],
)
def test_usage_errors(gpreg, words, message):
    result = gpreg(*words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "Traceback" not in result.err


def test_a_plugin_s_command_runs_and_what_it_returns_is_no_exit_code(gpreg):
    result = gpreg("greet", "you")
    assert (result.code, result.out, result.err) == (0, "hello you\n", "")
    assert "Say hello." in gpreg("greet", "--help").out


def test_a_plugin_s_command_may_exit(gpreg):
    assert gpreg("stop").code == 4


def test_an_unexpected_error_is_one_line_that_names_the_plugin(gpreg):
    result = gpreg("fail")
    assert (result.code, result.out) == (3, "")
    assert result.err.splitlines() == [
        "Error: ValueError: went wrong (raised by plugin main (fake-main 1.0))",
        "`gpreg --traceback COMMAND ...` shows where.",
    ]


def test_traceback(gpreg):
    result = gpreg("--traceback", "fail")
    assert result.code == 3
    assert "Traceback (most recent call last)" in result.err
    assert "fake_main.py" in result.err
    known = gpreg("--traceback", "show", "measure", "midd")
    assert known.code == 2
    assert "UnknownNameError" in known.err


def test_an_unexpected_error_of_gpreg_s_own_is_a_failure(gpreg, monkeypatch):
    monkeypatch.setattr("gpreg.registry.schema.listing", lambda *_: 1 / 0)
    result = gpreg("list-measures", "--json")
    assert result.code == 1
    assert result.err.splitlines()[0] == "Error: ZeroDivisionError: division by zero"


def test_interrupted(gpreg):
    result = gpreg("ask")
    assert result.code == 130
    assert result.err.strip() == "Interrupted."


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lost", "command 'lost' of fake-main 1.0 does not import: ModuleNotFoundError"),
        ("wrong", "command 'wrong' of fake-main 1.0 builds a Options, which is no click.Command"),
    ],
)
def test_a_broken_command_harms_no_other(gpreg, name, message):
    result = gpreg(name)
    assert result.code == 3
    assert message in result.err
    assert name in gpreg("--help").out
    assert gpreg("greet", "you").code == 0


def test_a_plugin_cannot_take_a_command_of_gpreg_s_own(gpreg, site):
    site.install(
        "thief",
        """
        import gpreg

        @gpreg.hookimpl
        def gpreg_commands():
            return [gpreg.CommandSpec(name=name, factory="a:b", summary="s") for name in ("show", "mine")]
        """,
    )
    result = gpreg("show", "measure", "mid", plugins="main,thief")
    assert result.code == 0
    assert result.out.startswith("measure mid")
    assert "command 'show' is claimed by gpreg itself and by thief (fake-thief 1.0)" in result.err
    assert "mine" in gpreg("--help", plugins="main,thief").out


def test_two_plugins_with_one_command_are_both_refused(gpreg, site):
    source = """
        import gpreg

        @gpreg.hookimpl
        def gpreg_commands():
            return [gpreg.CommandSpec(name="both", factory="a:b", summary="s")]
        """
    site.install("one", source)
    site.install("two", source)
    result = gpreg("both", plugins="main,one,two")
    assert result.code == 3
    assert "Error: command 'both' is claimed by one (fake-one 1.0) and by two (fake-two 1.0)" in result.err


def test_the_process_returns_the_exit_code(site):
    site.install_measure("one", "same")
    found = site.gpreg("list-measures", "--json", GPREG_PLUGINS="one")
    assert found.returncode == 0
    assert [row["name"] for row in json.loads(found.stdout)["measures"]] == ["same"]
    missing = site.gpreg("show", "measure", "smae", GPREG_PLUGINS="one")
    assert missing.returncode == 2
    assert "did you mean 'same'?" in missing.stderr


def test_main_takes_its_words_from_the_process(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gpreg", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("gpreg ")

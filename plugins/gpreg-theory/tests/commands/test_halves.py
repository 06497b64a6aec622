"""`gpreg stability` is two commands behind one name, and what they print can be had from Python."""

import pytest

from gpreg.errors import UnknownNameError
from gpreg_theory import toy_stability


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--modes", "3", "lemma-1"), "dirac is a toy, and has no --modes\nleave --modes out"),
        (("--basin", "plane", "--json"), "plane is no toy, and has no --basin\nleave --basin out"),
        (("dirac", "--as-trained"), "dirac is a toy, and has no --construction"),
        (("--basin", "dirca"), "did you mean 'dirac'?"),
        ((), "Missing argument 'SYSTEM'"),
        (("--basin",), "Missing argument 'SYSTEM'"),
        (("dirac", "--bassin"), "No such option '--bassin'"),
        (("plane", "--rho"), "Option '--rho' requires an argument"),
    ],
)
def test_each_half_has_its_own_options_wherever_the_system_stands(call, words, said):
    result = call("stability", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_help_is_of_both_halves_and_of_each(call):
    both, toy, networks = (call("stability", *words, "-h").out for words in ((), ("dirac",), ("plane",)))
    assert "Options of toys:" in both
    assert "Options of recipes and runs:" in both
    assert ["--basin" in text for text in (both, toy, networks)] == [True, True, False]
    assert ["--modes" in text for text in (both, toy, networks)] == [True, False, True]
    assert all("-h, --help" in text and text.startswith("Usage: gpreg stability ") for text in (both, toy, networks))


def test_what_is_printed_can_be_had_from_python(call):
    printed = call(
        "stability", "uniform", "--measure", "mid", "--measure", "pd", "--from", "1,.5", "--time", "5", "--json"
    )
    answer = toy_stability("lemma-2", ["mid", "pd"], starts=[(1.0, 0.5)], time=5.0)
    assert printed.json == {"schema": 1, "stability": answer.to_dict()}
    assert repr(answer).endswith(f": {printed.json['stability']['conclusion']}")
    with pytest.raises(UnknownNameError, match="did you mean 'dirac'"):
        toy_stability("dirca")


def test_toys_are_completed():
    environment = {"_GPREG_COMPLETE": "bash_complete", "COMP_WORDS": "gpreg stability two", "COMP_CWORD": "2"}
    from click.testing import CliRunner

    from gpreg.cli.main import cli

    result = CliRunner().invoke(cli, [], prog_name="gpreg", env=environment)
    assert "plain,two-mode" in result.output

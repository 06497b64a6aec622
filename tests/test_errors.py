import pytest

from gpreg import errors
from gpreg.errors import ExitCode, GpregError, UnknownNameError, did_you_mean


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.GpregError, 1),
        (errors.DataError, 1),
        (errors.UsageError, 2),
        (errors.OptionError, 2),
        (errors.BatchCouplingError, 2),
        (errors.PluginError, 3),
        (errors.MeasureError, 3),
    ],
)
def test_every_error_has_the_exit_code_of_its_branch(error, code):
    assert issubclass(error, GpregError)
    assert error("what").exit_code == code


def test_the_remedy_stands_on_a_line_of_its_own():
    assert str(GpregError("what was wrong", remedy="what to type")) == "what was wrong\nwhat to type"
    assert str(GpregError("what was wrong")) == "what was wrong"


def test_interrupted_is_the_shell_s_code():
    assert ExitCode.INTERRUPTED == 130


def test_an_unknown_name_carries_what_a_caller_needs():
    error = UnknownNameError("measure", "midd", ["pd", "mid"], listing="gpreg list-measures", suspects=["x (y 1)"])
    assert (error.kind, error.name, error.known, error.suspects) == ("measure", "midd", ("pd", "mid"), ("x (y 1)",))
    assert error.exit_code == 2
    assert "did you mean 'mid'?" in str(error)
    assert "x (y 1)" in error.message
    assert error.remedy == "`gpreg plugins` says why it is not loaded; `gpreg list-measures` lists what is installed"


@pytest.mark.parametrize(
    ("name", "answer"),
    [("midd", "; did you mean 'mid'?"), ("MID", "; did you mean 'mid'?"), ("zzz", ""), ("", "")],
)
def test_did_you_mean(name, answer):
    assert did_you_mean(name, ["mid", "pd+pg"]) == answer

"""Arguments of the front door that are none: said where they come in, and what would be right."""

import pytest

import gpreg
from gpreg.errors import UsageError
from gpreg.interfaces import Observer


@pytest.fixture
def run(plane):
    return gpreg.open_run(plane.path)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: gpreg.open_run(3), "the path is 3; it must be a path"),
        (lambda: gpreg.open_run("nowhere"), "nowhere is not a run folder: there is no such folder"),
        (lambda: gpreg.experiment("plane", data_root=3), "data_root is 3; it must be a path"),
        (lambda: gpreg.experiment("plane", plugins=3), "one of plugins is 3; it must be a path"),
        (lambda: gpreg.experiment("plane").train(3), "out is 3; it must be a path"),
        (lambda: gpreg.experiment("plane").train(init=3), "init is 3; it must be a path"),
        (lambda: gpreg.experiment("plane").train(progress="yes"), "progress is 'yes'; it must be 'auto'"),
        (lambda: gpreg.experiment("plane").train(observers=Observer()), r"it must be a list\nwrite observers=\[IT\]"),
        (
            lambda: gpreg.experiment("plane").with_(data_root="x"),
            r"with_ cannot change data_root\nbegin with gpreg.exp",
        ),
        (lambda: gpreg.experiment("plane").with_(recipe="digits"), "with_ cannot change recipe"),
    ],
)
def test_what_is_no_such_argument(tmp_path, monkeypatch, call, told):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=told):
        call()
    assert not list(tmp_path.iterdir()), "nothing was begun"


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda run: run.when(-1), "step is -1; it must be a whole number >= 0"),
        (lambda run: run.when(1.5), "step is 1.5; it must be a whole number"),
        (lambda run: run.check("pd"), r"the experiment is 'pd'; .*\nwrite run.experiment.with_\(measure"),
        (lambda run: run.stability("pd"), "the experiment is 'pd'"),
    ],
)
def test_what_a_run_cannot_be_asked(run, ask, told):
    with pytest.raises(UsageError, match=told):
        ask(run)

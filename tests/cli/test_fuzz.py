"""Bad command lines: any words end with an exit code that is documented, and never with a traceback or a plugin's."""

import os
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.cli.main import COMMANDS, main
from gpreg.errors import UsageError
from gpreg.experiments import choices
from gpreg.recipe.layout import LISTS, PLUGINS
from gpreg.registry.kinds import KINDS

pytestmark = pytest.mark.fuzz

DOCUMENTED = {0, 1, 2, 4}
TORCHLESS = [name for name in COMMANDS if name.startswith("list-")] + ["show", "rho", "plugins", "completion"]
COMPUTING = COMMANDS.keys() - TORCHLESS
LONG = "x" * 5000
WORDS = [
    *(
        "",
        "-",
        "--",
        "-h",
        "--help",
        "--json",
        "--no-plugin",
        "--traceback",
        "-A",
        "-D",
        "--set",
        "--measure",
        "--arch",
    ),
    *("mid", "plane", "mlp", "a=1", "=", "a.b=1", "a=", ".=1", "[", "*", "[!", "?" * 50, "..", "/", "/dev/null", LONG),
    *("\x00", "\x1b[31m", "\udcff", "\u202e", "é", "-1", "1e999", "nan", "9" * 5000, "{}", "%s", "~", "$HOME"),
    *KINDS,
]
words = st.sampled_from(WORDS) | st.text(max_size=6)


def run(*given):
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main([str(word) for word in given])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory):
    """What a command writes into the current folder lands here."""
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("fuzz"))
    yield
    os.chdir(before)


@given((st.sampled_from(TORCHLESS) | words).filter(lambda word: word not in COMPUTING), st.lists(words, max_size=4))
def test_any_words(bounded, command, rest):
    with bounded():
        code, out, err = run(command, *rest)
    assert code in DOCUMENTED
    assert "Traceback" not in err or "--traceback" in (command, *rest)
    assert "gpreg --traceback COMMAND" not in err, "an error that nobody expected"
    assert "\x1b" not in out + err
    assert "\x00" not in out + err


OPTIONS = [
    *(f"--{name}" for kind in PLUGINS.values() for name in (kind.name, *kind.aliases)),
    *(f"-{kind.letter}" for kind in PLUGINS.values()),
    *(f"--{name.replace('_', '-')}" for name in (*choices.SETTINGS, *choices.OPTIMIZERS)),
    *(f"--{kind}" for kind in LISTS.values()),
    *("--set", "--conditional", "--unconditional", "--compile", "--bogus"),
]
NAMES = ["mid", "dragan", "wgan", "squared", "minimax", "mlp", "resnet", "8gaussians", "digits", "modes", "none"]
VALUES = ["0", "-1", "1", "1e9", "9" * 30, "nan", "inf", "auto", "none", "x=1", "width=1e9", "penalty.rho=nan"]
VALUES += ["training.accumulate=9999999999", "training.batch_size=3", "form.x=1", "measure=3", "metrics=a,b", "a.b.c=1"]


@given(
    st.sampled_from(["plane", "digits", "kim-8gaussians-clip", "nosuch", LONG, "/dev/zero", "\x00.toml"]),
    st.lists(st.tuples(st.sampled_from(OPTIONS), st.sampled_from(NAMES + VALUES) | words), max_size=4),
)
def test_any_choices(bounded, accepted, recipe, options):
    flat = [word for option, value in options for word in (option, value)]
    with bounded():
        code, out, err = run("train", recipe, *flat, "--dry-run")
    assert code in DOCUMENTED, err
    assert not out or out.startswith("Usage: gpreg train ")
    assert "Traceback" not in err
    assert "raised by plugin" not in err
    assert "gpreg --traceback COMMAND" not in err, "an error that nobody expected"


@pytest.fixture(scope="module")
def accepted():
    """End `gpreg train` where its choices are known to be possible: what is built of them other tests look at."""

    def stop(*_, **__):
        raise UsageError("accepted")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gpreg.runs.replacement.check_replaceable", stop)
        yield

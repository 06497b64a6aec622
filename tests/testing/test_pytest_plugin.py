"""The pytest plugin: a test of each check, fixtures, and what it costs those who do not ask for it."""

import subprocess
import sys
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from itertools import count

import pytest

LOADED = ("-p", "gpreg.testing.pytest_plugin")

CONFORMS = "def test_conforms(gpreg_check):\n    gpreg_check()\n"

FIXTURES = """
import gpreg
import pytest

def test_linear(penalty_batch, linear_critic):
    batch, critic = penalty_batch(shape=(3, 4, 4), n=6, classes=2), linear_critic((3, 4, 4))
    value = gpreg.penalty("mid", rho=2.0)(critic, **batch.arguments)
    assert value.item() == pytest.approx(critic.weight.square().sum().item())
    assert batch.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert penalty_batch(seed=1).real.tolist() == penalty_batch(seed=1).real.tolist() != penalty_batch().real.tolist()

def test_quadratic(penalty_batch, quadratic_critic):
    critic, batch = quadratic_critic((2,)), penalty_batch()
    expected = critic.gradient(batch.real).square().sum(1).mean().item()
    assert gpreg.penalty("pd", rho=2.0)(critic, **batch.arguments).item() == pytest.approx(expected)

def test_call(gpreg_call, tmp_path):
    assert "mid" in [row["name"] for row in gpreg_call("list-measures", "--json").json["measures"]]
    refused = gpreg_call("sample", tmp_path)
    assert (refused.code, refused.out) == (2, "") and "Error:" in refused.err

def test_run(gpreg_run, tmp_path):
    first, second = gpreg_run(), gpreg_run(measure="mid", steps=2, rho=0.5)
    assert (first.step, second.step) == (5, 2)
    assert second.recipe.measure.name == "mid" and second.recipe.form.name == "squared"
    assert second.recipe.penalty.rho == 0.5
    assert {run.path.parent for run in (first, second)} == {tmp_path}

def test_checks(gpreg_checks):
    checks = gpreg_checks("loss", "hinge")
    assert str(checks[-1]).startswith("hinge-")
    for check in checks:
        check()
"""


SESSIONS = count()


class Heard:
    """What became of each test of an inner session."""

    def __init__(self):
        self.outcomes = Counter()

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome] += 1


@pytest.fixture
def run(tmp_path):
    """pytest in this process, on a test of these sources, with these words: outcomes, and what it printed."""

    def tests(source, *words, ini=""):
        (tmp_path / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
        file = tmp_path / f"test_inner_{next(SESSIONS)}.py"  # modules of the same name are imported once
        file.write_text(source)
        without = [f"-pno:{name}" for name in ("cacheprovider", "xdist", "anyio", "faker", "hypothesispytest")]
        heard = Heard()
        with redirect_stdout(StringIO()) as out:  # and its capturing is off, which would be of the same file
            where = (f"--rootdir={tmp_path}", "-c", tmp_path / "pytest.ini", f"--basetemp={tmp_path / 'temp'}")
            given = (*LOADED, *without, *where, "-s", "--import-mode=importlib", file, *words)
            code = pytest.main([str(word) for word in given], plugins=[heard])
        return code, dict(heard.outcomes), out.getvalue()

    return tests


@pytest.mark.parametrize(("ini", "words"), [("gpreg_plugin = losses", ()), ("", ("--gpreg-plugin", "gpreg-losses"))])
def test_there_is_a_test_of_each_check(run, ini, words):
    from gpreg.testing import plugin_checks

    number = sum(kind == "loss" for kind, _, _ in plugin_checks("losses"))
    code, _, told = run(CONFORMS, "-q", "--collect-only", *words, ini=ini)
    assert (code, told.count("::test_conforms[loss-")) == (0, number)
    assert "test_conforms[loss-hinge-explains_itself]" in told


def test_a_plugin_that_is_wrong_fails_by_the_name_of_its_check(run):
    source = """
import pytest
from fixtures.kits import registry_with
from gpreg import LossSpec
from gpreg.interfaces import GANLoss

class Backwards(GANLoss):
    def critic_loss(self, d_real, d_fake):
        return d_real - d_fake

    def generator_loss(self, d_fake, d_real=None):
        return -d_fake

own = registry_with("loss", LossSpec(name="backwards", factory=Backwards, summary="s"))

@pytest.fixture(autouse=True)
def _registry():
    with own.activate():
        yield

def test_it(gpreg_checks):
    for check in gpreg_checks("loss", "backwards"):
        check()

"""
    code, outcomes, told = run(source)
    assert (code, outcomes) == (1, {"failed": 1}), told
    assert "the critic's loss pulls the wrong way" in told
    assert "in pulls_the_right_way" in told or "def pulls_the_right_way" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [((), "nothing says which plugin to check"), (("--gpreg-plugin", "loses"), "did you mean 'losses'?")],
)
def test_what_is_missing_is_told(run, words, told):
    code, outcomes, printed = run(CONFORMS, *words)
    assert (code != 0, outcomes) == (True, {})
    assert told in printed


def test_the_fixtures(run):
    code, outcomes, printed = run(FIXTURES)
    assert (code, outcomes) == (0, {"passed": FIXTURES.count("def test_")}), printed


def test_to_load_it_imports_neither_torch_nor_a_plugin():
    code = """
import sys
import gpreg.testing.pytest_plugin
print(sorted({"torch", "numpy", "gpreg.registry", "gpreg.errors", "click"} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"

"""A user's function is found as its project would import it."""

import sys
from textwrap import dedent

import pytest

from gpreg.errors import UsageError
from gpreg_verify.commands import finding

LOSSES = """
import functools
import torch
from torch.autograd import grad
from neighbour import square

def r1(critic, real, gamma=10.0):
    return square(gamma)

def r1_of_class(critic, real, fake):
    return 1

def discriminator_loss(d_real, d_fake):
    return (d_fake - d_real).mean()

def hidden_behind_a_plain_name(net, x, y):
    def inner():
        return torch.autograd.grad(net(x).sum(), x)
    return inner()

class Penalty:
    def __init__(self, gamma):
        self.gamma = gamma
    def __call__(self, critic, real, fake):
        return self.gamma

class Trainer:
    weight = 3
    def gradient_penalty(self, critic, real, fake):
        return self.weight
    @staticmethod
    def r2(critic, real, fake):
        return "static"
    @classmethod
    def lp(cls, critic, real, fake):
        return cls.weight

class Odd:
    def __getattr__(self, name):
        raise AttributeError(name)

instance = Penalty(5)
half = functools.partial(r1, gamma=5.0)
number = 7
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder, and a function that finds something in a file of it; modules are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "neighbour.py").write_text("def square(x):\n    return x * x\n")
    (tmp_path / "losses.py").write_text(LOSSES)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def find(project, attribute, file="losses.py"):
    return finding.find(str(project / file), attribute, f"{file}:{attribute}")


@pytest.mark.parametrize(
    ("attribute", "arguments", "value"),
    [
        ("r1", (None, None), 100.0),
        ("half", (None, None), 25.0),
        ("instance", (None, None, None), 5),
        ("instance.__call__", (None, None, None), 5),
        ("Trainer.gradient_penalty", (None, None, None), 3),
        ("Trainer.r2", (None, None, None), "static"),
        ("Trainer.lp", (None, None, None), 3),
    ],
)
def test_functions_methods_and_instances(project, attribute, arguments, value):
    name, function = find(project, attribute)
    assert name == f"losses.py:{attribute}"
    assert function(*arguments) == value


@pytest.mark.parametrize(
    ("attribute", "message", "remedy"),
    [
        ("r3", "losses.py has no 'r3'; did you mean 'r1'", "it has r1, r1_of_class, discriminator_loss"),
        ("Trainer.gradient_penality", "Trainer has no 'gradient_penality'; did you mean 'gradient_penalty'", "it has"),
        ("Penalty", "losses.py:Penalty is a class, and needs gamma", "penalty = Penalty(gamma)"),
        ("Penalty.__call__", "losses.py:Penalty is a class, and needs gamma", "FILE.py:penalty.__call__"),
        ("number", "losses.py:number is no function: it is a int", "name a function"),
        ("Trainer", "losses.py:Trainer is no function: it is a Trainer", "losses.py:Trainer.gradient_penalty"),
        ("Odd", "losses.py:Odd is no function: it is a Odd", "name a function"),
    ],
)
def test_what_is_none_is_refused_with_what_is_near(project, attribute, message, remedy):
    with pytest.raises(UsageError) as refused:
        find(project, attribute)
    assert message in refused.value.message
    assert remedy in refused.value.remedy


def test_a_file_with_several_penalties_lists_them(project):
    with pytest.raises(UsageError) as refused:
        find(project, "")
    listed = refused.value.message.partition("penalties: ")[2].split(", ")
    methods = [f"Trainer.{name}" for name in ("gradient_penalty", "r2", "lp")]
    assert listed == ["r1", "r1_of_class", "hidden_behind_a_plain_name", "Penalty", *methods, "instance"]


def test_a_file_with_one_penalty_needs_no_name(project):
    (project / "one.py").write_text("def helper(x):\n    return x\n\ndef my_gp(critic, real):\n    return 4\n")
    name, function = find(project, "", "one.py")
    assert name.endswith("one.py:my_gp")
    assert function(None, None) == 4


def test_a_file_without_a_penalty_says_what_it_defines(project):
    with pytest.raises(UsageError, match="no function that looks like a penalty") as refused:
        find(project, "", "neighbour.py")
    assert "it defines square" in refused.value.remedy


def test_a_file_in_a_package_may_import_relatively(project):
    package = project / "mine" / "losses"
    package.mkdir(parents=True)
    (project / "mine" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (project / "mine" / "numbers.py").write_text("TEN = 10\n")
    (package / "gp.py").write_text("from ..numbers import TEN\n\ndef gp(critic, real):\n    return TEN\n")
    assert find(project, "gp", "mine/losses/gp.py")[1](None, None) == 10


def test_a_file_may_have_the_name_of_a_module_that_is_already_imported(project):
    (project / "pytest.py").write_text("def gp(critic, real):\n    return __name__\n")
    assert find(project, "gp", "pytest.py")[1](None, None) == "pytest_verified"
    assert sys.modules["pytest"] is pytest


def test_modules_are_found_in_the_current_folder(project, monkeypatch):
    monkeypatch.chdir(project)
    name, function = finding.find("losses", "r1", "losses:r1")
    assert (name, function(None, None)) == ("losses:r1", 100.0)


@pytest.mark.parametrize("module", ["no_such_module", "losses.gp", "no_such_package.losses"])
def test_a_module_that_is_not_there(project, monkeypatch, module):
    monkeypatch.chdir(project)
    with pytest.raises(UsageError, match=r"there is no module 'no_such|there is no module 'losses\.gp'") as refused:
        finding.find(module, "gp", f"{module}:gp")
    assert "FILE.py:FUNCTION" in refused.value.remedy


def test_what_a_module_imports_in_vain_is_no_missing_module(project, monkeypatch):
    monkeypatch.chdir(project)
    (project / "needy.py").write_text(dedent("import no_such_library\n"))
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        finding.find("needy", "gp", "needy:gp")

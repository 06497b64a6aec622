"""The command on functions, each in a child process, and on plugins."""

import re
import sys
from contextlib import redirect_stdout
from io import StringIO

import pytest

from gpreg.registry.registry import discover_registry
from gpreg_verify import examine
from gpreg_verify.commands import child, finding

LOSSES = """
import torch
import gpreg
from neighbour import square

print("measures:", *(spec.name for spec in gpreg.load_registry().list("measure", "mine")))

def r1(critic, real, fake):
    print("\\x1b[31mcalled")
    real = real.detach().requires_grad_()
    (grad,) = torch.autograd.grad(critic(real).sum(), real, create_graph=True)
    return 5 * square(grad).flatten(1).sum(1).mean()

def wgan_gp(critic, real, fake):
    real, fake = real.detach(), fake.detach()
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake).requires_grad_()
    (grad,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return 10 * ((grad.square().sum() + 1e-12).sqrt() - 1) ** 2
"""

PLUGIN = """
import gpreg
from gpreg.interfaces import GradientForm, PenaltyMeasure, PenaltySample

AT = "real"

class Mine(PenaltyMeasure):
    def sample(self, batch):
        print("sampling")
        return PenaltySample(points=batch.real, labels=batch.labels, at=AT)

class Wrong(GradientForm):
    def __call__(self, grad):
        return grad.norm().expand(len(grad))

@gpreg.hookimpl
def gpreg_measures():
    return [gpreg.MeasureSpec(name="mine", factory=Mine, summary="at real samples", form="squared")]

@gpreg.hookimpl
def gpreg_datasets():
    def lost():
        raise gpreg.errors.UsageError("there are no files", remedy="give some")
    return [gpreg.DatasetSpec(name="lost", factory=lost, summary="of files", availability="folder")]
"""

HOOK = """
@gpreg.hookimpl
def gpreg_forms():
    return [gpreg.FormSpec(name="wrong", factory=Wrong, summary="one norm for all")]
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with files, which is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "losses.py").write_text(LOSSES)
    (tmp_path / "neighbour.py").write_text("def square(x):\n    return x * x\n")
    (tmp_path / "mine.py").write_text(PLUGIN)
    return tmp_path


def test_a_right_function_and_what_its_file_prints(call, project):
    found = call("--plugin", "mine.py", "verify", "losses.py:r1", "--json")
    assert found.code == 0, found.err
    assert list(found.json) == ["schema", "function", "identified", "defects"]
    identified = found.json["identified"]
    assert list(identified) == ["measure", "form", "rho", "conventions"]
    # `mine` is a measure at real samples, too: the plugins of the command line are those of the child
    assert (identified["measure"] in {"pd", "mine"}, identified["form"], identified["rho"]) == (True, "squared", 10.0)
    assert any("R1" in convention for convention in identified["conventions"])
    assert (found.json["schema"], found.json["function"], found.json["defects"]) == (1, "losses.py:r1", [])
    assert "losses.py printed:\nmeasures: mine\n\\x1b[31mcalled (" in found.err


@pytest.fixture
def here(monkeypatch):
    """Functions are examined in this process, which has imported torch already."""

    def run(request, *, seconds):
        with redirect_stdout(StringIO()) as printed:
            name, function = finding.find(request["source"], request["attribute"], request["word"])
            document = examine(function, name=name, every=request["every"]).to_dict()
        return child.Outcome(document, printed.getvalue(), None)

    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(child, "run", run)
    yield
    for name in ("losses", "neighbour"):
        sys.modules.pop(name, None)


def test_a_defective_function_is_told_what_to_write(call, project, here):
    found = call("verify", "losses:wgan_gp")
    assert found.code == 1, found.err
    assert found.out.startswith("✗ losses:wgan_gp is ")
    assert call("verify", "losses.py:r1").out.startswith("✓ losses.py:r1 is 5 x E[|g|^2]")
    assert "\nwhole-batch-norm: " in found.out
    assert "\n  Write: " in found.out


def test_what_is_printed_in_each_call_is_cut_short(call, project, here):
    counting = 'r1.calls = getattr(r1, "calls", 0) + 1; print("call", r1.calls)'
    (project / "losses.py").write_text(LOSSES.replace('print("\\x1b[31mcalled")', counting))
    told = call("verify", "losses.py:r1").err.splitlines()
    assert told[:2] == ["losses.py printed:", "measures:"]
    assert len(told) == 22
    assert told[-1].startswith("... and ")


def test_several_functions_have_a_document_each(call, project, here):
    (project / "losses.py").write_text(LOSSES.replace("print(", "str("))
    found = call("verify", "--json", "losses.py:r1", "losses.py:wgan_gp")
    assert found.code == 1
    assert (found.err, list(found.json)) == ("", ["schema", "verified"])
    defects = [[defect["name"] for defect in each["defects"]] for each in found.json["verified"]]
    assert defects == [[], ["whole-batch-norm"]]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import no_such_library", "Error: bad.py fails when it is imported, at bad.py:2: ModuleNotFoundError"),
        ("while True: pass", "Error: bad.py, when it is imported, does not return: it was ended at bad.py:2 after 1 s"),
    ],
)
def test_a_file_that_cannot_be_imported(call, project, code, told):
    (project / "bad.py").write_text(f"print('begun')\n{code}\ndef gp(critic, real, fake): pass\n")
    found = call("verify", "bad.py:gp", "--timeout", "1", "--json")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"bad.py printed:\nbegun\n{told}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["measurs"], "there is no plugin named 'measurs'; did you mean 'measures'?"),
        (["pd"], "'pd' is no plugin, but a measure"),
        (["loses.py:r1"], "there is no file loses.py; did you mean 'losses.py'?"),
        (["losses.py:r1", "--every", "0"], "--every"),
        (["losses.py:r1", "--timeout", "0"], "--timeout"),
        ([], "TARGET"),
    ],
)
def test_what_is_no_target_starts_no_process(call, project, words, told, monkeypatch):
    monkeypatch.setattr("gpreg_verify.commands.child.run", None)
    found = call("verify", *words)
    assert found.code == 2
    assert told in found.err


def test_an_installed_plugin(call):
    found = call("verify", "gpreg-losses", "--json")
    assert found.code == 0
    assert (found.json["schema"], found.json["plugin"]) == (1, "gpreg-losses")
    checks = found.json["checks"]
    assert all(list(check) == ["name", "kind", "check", "outcome", "evidence"] for check in checks)
    assert {check["outcome"] for check in checks} == {"passed"}
    assert {(check["kind"], check["name"]) for check in checks} > {("plugin", "losses"), ("loss", "hinge")}
    assert found.err.splitlines()[:2] == ["checking plugin losses", "checking loss wasserstein"]


def test_a_file_that_is_a_plugin_and_what_is_skipped(call, project):
    found = call("--plugin", "mine.py", "verify", "mine.py")
    assert found.code == 0, found.out
    assert re.search(r"^✓ measure mine: \d+ passed$", found.out, re.MULTILINE)
    assert re.search(r"^– dataset lost: \d+ passed, 12 skipped$", found.out, re.MULTILINE)
    assert "    skipped: there are no files\n" in found.out
    assert "sampling" not in found.out


def test_a_plugin_with_a_mistake(call, project):
    (project / "mine.py").write_text(PLUGIN.replace('AT = "real"', 'AT = "fake"') + HOOK)
    found = call("--plugin", "mine.py", "verify", "mine.py", "losses", "--json")
    assert found.code == 1
    mine, losses = found.json["verified"]
    failed = {check["check"]: check["evidence"] for check in mine["checks"] if check["outcome"] == "failed"}
    assert failed["gives_one_number_a_sample"] == "mixes the samples of a batch"
    lie = "says its points are fake, which they are not"
    assert failed["tells_the_truth_about_its_points"] == f"2, 2-labels, 1x4x4 and 5 more: {lie}"
    assert losses["plugin"] == "losses"
    told = call("--plugin", "mine.py", "verify", "mine.py")
    assert "    gives_one_number_a_sample: mixes the samples of a batch\n" in told.out


def test_a_plugin_that_does_not_load_fails(call, site):
    site.install("sick", "raise ValueError('ill')")
    discover_registry.cache_clear()
    found = call("verify", "sick", "--json")
    assert found.code == 1
    assert [(check["check"], check["evidence"]) for check in found.json["checks"]] == [("loads", "ValueError: ill")]


def test_a_plugin_that_is_disabled_is_not_checked(call):
    found = call("--no-plugin", "losses", "verify", "losses")
    assert found.code == 2
    assert "disabled by --no-plugin" in found.err


def test_without_the_package_the_command_says_what_brings_it(gpreg):
    found = gpreg("verify", "losses.py:r1")
    assert found.code == 2
    assert "`gpreg verify` comes with the package gpreg-verify" in found.err
    assert "not among GPREG_PLUGINS" in found.err or "`pip install gpreg-verify` brings it" in found.err

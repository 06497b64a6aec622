"""The page on writing a plugin is installed as one: its classes train, are checked and pass the kit."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

from gpreg.registry.registry import discover_registry

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reference" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
EXAMPLE = ROOT / "examples" / "gpreg-example-plugin" / "src"
HOOKS = """
import gpreg

@gpreg.hookimpl
def gpreg_architectures():
    return [gpreg.ArchitectureSpec(name="narrow", factory="page:Narrow", summary="the page's networks")]

@gpreg.hookimpl
def gpreg_datasets():
    return [gpreg.DatasetSpec(name="steps", factory="page:Steps", options="page:StepsOptions", summary="the page's")]

@gpreg.hookimpl
def gpreg_checks():
    return [gpreg.CheckSpec(name="seen", factory="page:check", summary="the page's check")]

@gpreg.hookimpl
def gpreg_advisors():
    return [gpreg.AdvisorSpec(name="experienced", factory="page:Experienced", summary="the page's")]
"""
CHOSEN = ("--arch", "narrow", "--dataset", "steps")
FEW = {"tick": 1, "picture_ticks": 0, "gap_samples": 0, "check_samples": 64}
QUICK = (
    "--steps",
    "2",
    "--metric",
    "none",
    *(word for key, value in FEW.items() for word in ("--set", f"report.{key}={value}")),
)


@pytest.fixture
def page(site, monkeypatch):
    """The page's blocks, in a module that a plugin supplies, beside the example that it tells of."""
    (site.folder / "page.py").write_text("\n".join(BLOCKS), "utf-8")
    site.modules += ["page", "gpreg_example", "gpreg_example.plugin", "gpreg_example.ot_chords"]
    site.install("page", HOOKS)
    monkeypatch.syspath_prepend(EXAMPLE)
    site.install("example", (EXAMPLE / "gpreg_example" / "plugin.py").read_text(encoding="utf-8"))
    discover_registry.cache_clear()
    return import_module("page")


def test_its_networks_are_trained_on_its_data(page, call, tmp_path):
    trained = call("train", *CHOSEN, "-D", "size=700", "--measure", "ot-chords", *QUICK, "--out", tmp_path / "run")
    assert trained.code == 0, trained.err
    assert call("sample", tmp_path / "run", "-n", "10", "--out", tmp_path / "points.npz").code == 0


def test_unknown_options_are_answered_with_the_nearest(page, call):
    refused = call("train", *CHOSEN, "-D", "sise=300", "--dry-run")
    assert refused.code == 2
    assert "did you mean 'size'?" in refused.err
    assert call("train", *CHOSEN, "-D", "size=0", "--dry-run").code == 2


def test_its_check_says_what_it_found(page, call):
    found = call("check", *CHOSEN, "--measure", "pg", "--set", "report.check_samples=64", "--json")
    assert found.code == 0, found.err
    assert "the data is not looked at" in [finding["evidence"] for finding in found.json["findings"]]


def test_its_advisor_refuses_a_batch_that_is_too_small(page, call, tmp_path):
    words = ("train", *CHOSEN, "--measure", "pd", *QUICK, "--out", tmp_path / "run", "--batch-size")
    refused = call(*words, "4", "--strict")
    assert refused.code == 4
    assert "a batch of 4 says little of a mean\nchoose --batch-size 8 or more" in refused.err
    assert not (tmp_path / "run").exists()
    assert call(*words, "8", "--strict", "--check-every", "1").code == 0
    document = json.loads((tmp_path / "run" / "experienced.json").read_text())
    assert (document["batch_size"], [later["step"] for later in document["later"]]) == (8, [1, 2])


def test_its_advisor_chooses_rho_before_others_do(page, call, tmp_path):
    assert "experienced" in call("list-advisors").out
    chosen = call("train", *CHOSEN, "--measure", "pd", *QUICK, "--rho", "auto", "--out", tmp_path / "run")
    assert chosen.code == 0, chosen.err
    assert "rho = 1.5: the best one of our search" in chosen.err
    asked = call("check", *CHOSEN, "--measure", "pd", "--batch-size", "4", "--rho", "auto", *QUICK[4:], "--json")
    assert asked.json["others"] == {"experienced": {"batch_size": 4}}


def test_its_test_passes(page):
    (mark,) = page.test_conforms.pytestmark
    name, checks = mark.args
    assert len(checks) > 20
    for check in checks:
        page.test_conforms(**{name: check})


@pytest.mark.parametrize("prefix", ["gpreg", "gpreg_example"])
def test_the_pattern_is_light(prefix, page, site):
    module = {"gpreg": "fake_page", "gpreg_example": "gpreg_example.plugin"}[prefix]
    code = f"import sys; sys.path.insert(0, {str(EXAMPLE)!r}); import {module}; print('torch' in sys.modules)"
    assert site.python("-c", code).stdout.strip() == "False"

"""What recipes, runs and sweeps cite is what their specs say."""

import json
import shutil

import pytest

import gpreg
from gpreg.errors import UsageError
from gpreg.experiments.citations import citations_of_sweep, is_sweep
from gpreg.registry.kinds import KINDS

RECIPES = [spec.name for spec in gpreg.load_registry().list("recipe")]


def keys(citations):
    return {entry.key for entry in citations}


@pytest.mark.parametrize("name", [name for name in RECIPES if "imagenet" not in name])
def test_exactly_what_a_recipe_names_is_cited(name):
    registry = gpreg.load_registry()
    asked = gpreg.experiment(name)
    expected = {"gpreg", "paszke2019pytorch", *(cite.key for cite in registry.get("recipe", name).cites)}
    for kind in KINDS.values():
        chosen = getattr(asked.recipe, kind.key) if kind.recipe else ()
        for choice in chosen if isinstance(chosen, tuple) else (chosen,):
            expected |= {cite.key for cite in registry.get(kind, choice.name).cites}
    assert keys(asked.citations) == expected


def test_a_choice_changes_what_is_cited():
    base = gpreg.experiment("plane")
    assert "mescheder2018which" not in keys(base.citations)
    assert "mescheder2018which" in keys(base.with_(measure="pd").citations)
    assert "nagarajan2017gradient" in keys(base.citations.with_theory)


def test_a_run_says_with_which_versions_it_ran(plane, tmp_path):
    path = shutil.copytree(plane.path, tmp_path / "run")
    environment = json.loads((path / "environment.json").read_text("utf-8"))
    environment |= {"gpreg": "0.0.7", "packages": {"torch": "2.4.0"}}
    (path / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    uses = {entry.key: entry.uses for entry in gpreg.open_run(path).citations}
    assert uses["gpreg"] == ("gpreg 0.0.7",)
    assert uses["paszke2019pytorch"] == ("torch 2.4.0",)
    assert uses["srivastava2017veegan"] == ("metric modes",)


def test_a_sweep_cites_what_its_cells_cite(tmp_path):
    assert not is_sweep(tmp_path)
    cells = tmp_path / "cells"
    cells.mkdir()
    (tmp_path / "cells.json").write_text('{"schema": 1, "cells": [], "skipped": []}', encoding="utf-8")
    published = 'recipe = "plane"\n[[published]]\nrow = "mid"\nvalue = 8\nsource = "Kim et al., Table 1"\n'
    (tmp_path / "sweep.toml").write_text(published, encoding="utf-8")
    assert is_sweep(tmp_path)
    registry = gpreg.load_registry()
    with pytest.raises(UsageError, match="has no cells yet"):
        citations_of_sweep(tmp_path, registry)
    each = [gpreg.experiment("plane", measure=measure) for measure in ("mid", "pd", "wgan-gp")]
    for asked in each:
        (cells / f"{asked.title}.toml").write_text(asked.toml, encoding="utf-8")
    (cells / each[0].title).mkdir()
    (cells / each[0].title / "environment.json").write_text('{"gpreg": "0.0.7"}', encoding="utf-8")
    found = citations_of_sweep(tmp_path, registry)
    assert keys(found) == keys(each[0].citations) | keys(each[1].citations) | keys(each[2].citations)
    uses = {entry.key: entry.uses for entry in found}
    assert uses["kim2018local"] == ("measure mid, pd, wgan-gp (Table 1)", "form squared")
    assert uses["gpreg"] == ("gpreg 0.0.7",)
    assert found.sources[-1] == "numbers beside the measured ones: Kim et al., Table 1"

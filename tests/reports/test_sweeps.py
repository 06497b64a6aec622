import json

import pytest
from fixtures.pages import Page
from fixtures.reported import SCORE, recipe, write_run

import gpreg
from gpreg.errors import UsageError
from gpreg.reports.sweeps import material_of_sweep

DEFINITION = f"""
summary = "two measures"
score = "{SCORE}"
[rho]
policy = "recipe"
[[published]]
row = "mid"
column = "8gaussians"
value = 8
source = "Table 1"
"""


@pytest.fixture
def sweep(tmp_path):
    """A sweep of three cells: done, diverged, and not begun."""
    folder, cells = tmp_path / "sweeps" / "00000-two", []
    for name, row, outcome in (
        ("a", "mid", {"state": "done"}),
        ("b", "pd", {"state": "diverged", "reason": "nan"}),
        ("c", "pd", None),
    ):
        text = recipe(row)
        if outcome:
            write_run(folder / "cells" / name, text=text)
            (folder / "cells" / f"{name}.json").write_text(json.dumps({"schema": 1, "seconds": 4.5, **outcome}))
        else:
            (folder / "cells").mkdir(exist_ok=True)
        (folder / "cells" / f"{name}.toml").write_text(text)
        seed = {"a": 0, "b": 0, "c": 1}[name]
        cells.append(
            {
                "name": name,
                "row": row,
                "column": "8gaussians",
                "choices": {},
                "rho": 1.0,
                "seed": seed,
                "phase": "final",
            }
        )
    skipped = [{"choices": {"measure": "js"}, "reason": "it needs labels"}]
    (folder / "cells.json").write_text(json.dumps({"schema": 1, "cells": cells, "skipped": skipped}))
    (folder / "sweep.toml").write_text(DEFINITION)
    return folder


def test_states_are_the_sweeps_and_scores_those_of_the_runs(sweep, registry):
    results = material_of_sweep(sweep, registry).results
    assert [(each.state, dict(each.scores)) for each in results] == [
        ("done", {SCORE: 0.5}),
        ("diverged", {}),
        ("pending", {}),
    ]
    assert (results[1].reason, results[0].seconds) == ("nan", 4.5)


def test_the_page_has_everything_that_the_sweep_knows(sweep, monkeypatch):
    monkeypatch.chdir(sweep.parent.parent)
    report = gpreg.report()
    assert report.path == sweep.relative_to(sweep.parent.parent) / "report.html"
    assert report.pending == 1
    page = Page(report.path.read_text(encoding="utf-8"))
    assert page.faults == []
    for words in ("two measures", "2 of 3 runs have ended", "published: 8 (Table 1)", "it needs labels", "1 failed"):
        assert words in page.text


def test_a_sweep_that_is_not_whole_is_refused(sweep, registry):
    (sweep / "cells.json").write_text("{")
    with pytest.raises(UsageError, match="no whole sweep"):
        material_of_sweep(sweep, registry)


def test_a_sweep_is_reported_alone(sweep, reported):
    with pytest.raises(UsageError, match="a report is of one sweep or of runs"):
        gpreg.report(sweep, reported[0])


def test_the_choice_of_rho_on_tuning_seeds_is_told_with_its_edge(tmp_path, registry):
    folder, cells = tmp_path / "tuned", []
    for rho, seed, phase in ((0.1, 100, "tuning"), (1.0, 100, "tuning"), (1.0, 0, "final")):
        name, text = f"mid-{rho:g}-{seed}", recipe(seed=seed, rho=rho)
        write_run(folder / "cells" / name, (3 / rho, 2 / rho, 1 / rho), text=text)
        (folder / "cells" / f"{name}.json").write_text('{"schema": 1, "state": "done"}')
        (folder / "cells" / f"{name}.toml").write_text(text)
        cells.append(
            {
                "name": name,
                "row": "mid",
                "column": "8gaussians",
                "choices": {},
                "rho": rho,
                "seed": seed,
                "phase": phase,
            }
        )
    (folder / "cells.json").write_text(json.dumps({"schema": 1, "cells": cells, "skipped": []}))
    (folder / "sweep.toml").write_text(
        f'score = "{SCORE}"\n[rho]\npolicy = "tuned"\nvalues = [0.1, 1]\ntuning_seeds = [100]\n'
    )
    (chosen,) = material_of_sweep(folder, registry).tuned
    assert (chosen.rho, chosen.at_edge, chosen.medians) == (1.0, True, {0.1: 10.0, 1.0: 1.0})
    text = Page(gpreg.report(folder).path.read_text(encoding="utf-8")).text
    assert "the best of the grid is its end: widen it, above 1" in text
    assert "confounds mass with shape" not in text
    assert "n = 1" in text

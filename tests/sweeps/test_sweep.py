"""A sweep is carried out by processes of its own, stopped, and continued; what became of each cell is written."""

import json

import pytest

import gpreg
from gpreg.errors import UsageError
from gpreg.runs.lock import writing
from gpreg.sweeps.asked import ask
from gpreg.sweeps.folder import SweepFolder

TINY = {"steps": 3, "batch_size": 16, "metrics": [{"name": "wasserstein", "n": 50}], "report.score_samples": 50}


@pytest.fixture
def asked(registry, tmp_path):
    def of(**choices):
        given = {"measure": ["mid", "pd"], "seeds": "0:1", **TINY, **choices}
        return ask("plane", registry=registry, out=tmp_path / "sweep", **given)

    return of


def begun(asked):
    """A sweep whose cells are known, and none of which has run."""
    asked.commands()
    return gpreg.open_sweep(asked.path)


def test_each_cell_is_a_run_and_a_result(registry, tmp_path):
    done = gpreg.sweep("plane", measure=["mid", "pd"], seeds=[0], out=tmp_path / "s", registry=registry, **TINY)
    assert [(result.cell.row, result.state, result.step) for result in done.results] == [
        ("mid", "done", 3),
        ("pd", "done", 3),
    ]
    assert all(row["wasserstein/w1"] > 0 for row in done.rows)
    assert done.score == "wasserstein/w1"
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "s" / "cells").rglob("*") if file.is_file()}
    again = gpreg.sweep(tmp_path / "s", registry=registry)
    assert {file: file.stat().st_mtime_ns for file in before} == before  # what has ended is never run again
    assert again.rows == done.rows


def test_cells_go_on_where_they_were_left(asked):
    sweep = begun(asked(measure=["mid"], seeds="0:2"))
    first, second = sweep.cells
    half = sweep.path / "cells" / first.name
    (half / "checkpoints").mkdir(parents=True)  # killed before its recipe was written
    sweep.run(first.name)
    sweep.run(first.name, second.name)
    assert [result.state for result in sweep.results] == ["done", "done"]
    outcome = json.loads((sweep.path / "cells" / f"{first.name}.json").read_text())
    assert (outcome["attempts"], outcome["step"]) == (1, 3)


def test_a_divergence_is_a_result_with_its_reason(asked):
    sweep = begun(asked(measure=["mid"], lr=1e30, steps=20))
    sweep.run(sweep.cells[0].name)
    assert sweep.results[0].state == "diverged"
    assert "diverged" in sweep.results[0].reason
    assert sweep.rows[0]["state"] == "diverged"


def test_a_cell_has_one_writer(asked, monkeypatch):
    monkeypatch.setattr("gpreg.sweeps.child.GRACE", 0.0)
    sweep = begun(asked(measure=["mid"]))
    run = sweep.path / "cells" / sweep.cells[0].name
    run.mkdir()
    with writing(run), pytest.raises(UsageError, match="another process writes"):
        sweep.run(sweep.cells[0].name)
    assert sweep.results[0].state == "pending"


def test_what_is_impossible_is_skipped_with_its_reason_or_refused(asked):
    found = asked(estimator=["exact", "nois"])
    with pytest.raises(UsageError, match="nois"):
        asked(estimator=["nois"]).expansion()
    assert [skipped.choices["estimator"] for skipped in found.skipped] == ["nois", "nois"]
    assert len(found.expansion().cells) == 2


def test_another_sweep_in_the_folder_is_told(asked):
    begun(asked())
    with pytest.raises(UsageError, match="differs in axes: 2 cells stay, 2 would be run"):
        asked(seeds="0:2").commands()


def test_rows_are_tuned_on_their_own_seeds(asked):
    found = asked(rho="tuned", grid="0.1,1", tuning_seeds="100:102").expansion()
    assert [(cell.rho, cell.seed, cell.phase) for cell in found.cells[:2]] == [
        (0.1, 100, "tuning"),
        (0.1, 101, "tuning"),
    ]
    assert sum(each.runs for each in found.waiting) == 2


def test_names_tell_cells_apart_and_last(asked):
    cells = asked(rho=[0.1, 1], seeds="0:3").expansion().cells
    assert len({cell.name for cell in cells}) == len(cells) == 12
    assert [cell.name for cell in asked(rho=[0.1, 1], seeds="0:3").expansion().cells] == [cell.name for cell in cells]


def test_objects_are_refused_with_what_to_write(asked):
    with pytest.raises(UsageError, match="objects do not reach"):
        asked(measure=[object()])


def test_a_folder_of_something_else_is_left_alone(asked, tmp_path):
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="is no folder of a sweep"):
        asked().commands()


def test_a_list_of_cells_that_is_damaged_is_told(asked):
    sweep = begun(asked())
    (sweep.path / "cells.json").write_text("[]")
    with pytest.raises(UsageError, match=r"cells\.json cannot be read"):
        SweepFolder.open(sweep.path).cells()


def test_a_note_on_choices_is_told_once(asked, listen):
    told = listen()
    optimizer = {"name": "RMSpropTF", "lr": 1e-3}
    assert len(asked(optimizer=optimizer, **{"optimizer.decay": 0.9}).expansion().cells) == 2
    assert told
    assert len(told) == len(set(told))

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import ExitCode, StorageError, UsageError
from gpreg.runs.checkpoint import Checkpoint
from gpreg.runs.folder import RunFolder, check_free, next_free

RECIPE = "summary = 'zwölf'\n"


def everything(folder):
    return {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.fixture
def run(new_run, tmp_path):
    folder = new_run(tmp_path / "run", RECIPE)
    folder.stats.append({"step": 1})
    folder.checkpoints.save(Checkpoint(step=1, weights={}))
    return folder


@pytest.fixture(params=["notes", "recipe of one's own", "a file in the way"])
def no_run(tmp_path, request):
    """What is there and is no run."""
    path = tmp_path / "precious"
    if request.param == "a file in the way":
        path.write_text("precious")
        return path
    path.mkdir()
    (path / "notes.txt").write_text("precious")
    if request.param == "recipe of one's own":
        (path / "recipe.toml").write_text(RECIPE)
    return path


def test_a_new_folder_has_its_recipe_and_places(new_run, tmp_path):
    path = tmp_path / "deep" / "down" / "run"
    folder = new_run(path, RECIPE)
    assert set(everything(path)) == {"recipe.toml", "checkpoints", "samples"}
    assert folder.recipe == RECIPE
    assert RunFolder.open(path).recipe == RECIPE
    assert (folder.stats.path, folder.metrics.path) == (path / "stats.jsonl", path / "metrics.jsonl")


def test_an_empty_folder_is_free(new_run, tmp_path):
    check_free(tmp_path, overwrite=False)
    assert new_run(tmp_path, RECIPE).recipe == RECIPE


def test_a_run_is_not_overwritten_by_accident(new_run, run):
    before = everything(run.path)
    with pytest.raises(UsageError, match="holds a run already") as error:
        new_run(run.path, "")
    assert error.value.exit_code == ExitCode.USAGE
    assert all(word in error.value.remedy for word in (f"gpreg resume {run.path}", "--overwrite", "--out"))
    assert everything(run.path) == before


def test_a_run_is_overwritten_when_asked(new_run, run):
    new_run(run.path, "summary = 'new'\n", overwrite=True)
    assert everything(run.path) == {"recipe.toml": b"summary = 'new'\n", "checkpoints": False, "samples": False}


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_is_no_run_is_never_deleted(new_run, no_run, overwrite):
    before = everything(no_run)
    with pytest.raises(UsageError, match="is no run folder; it is left alone"):
        new_run(no_run, RECIPE, overwrite=overwrite)
    assert no_run.exists()
    assert everything(no_run) == before


def test_what_is_no_run_is_not_opened(no_run):
    if (no_run / "recipe.toml").exists():
        assert RunFolder.open(no_run).recipe == RECIPE  # a copy without its checkpoints still says what it was
        return
    with pytest.raises(UsageError, match=r"is not a run folder: it has no recipe\.toml"):
        RunFolder.open(no_run)


def test_a_parent_that_is_a_file_is_reported(new_run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        new_run(tmp_path / "file" / "run", RECIPE)


def test_an_unwritable_parent_is_reported(new_run, unwritable):
    with pytest.raises(StorageError, match="ermission denied"):
        new_run(unwritable / "run", RECIPE)


def test_documents_are_json_and_whole(run, full_disk):
    run.document("checks.json", {"schema": 1, "text": "für"})
    assert json.loads((run.path / "checks.json").read_text()) == {"schema": 1, "text": "für"}
    with full_disk(), pytest.raises(StorageError, match=r"checks\.json"):
        run.document("checks.json", {"schema": 2})
    assert json.loads((run.path / "checks.json").read_text())["schema"] == 1


def test_rewinding_forgets_statistics_scores_and_checkpoints(run):
    for step in (2, 3):
        run.stats.append({"step": step})
        run.metrics.append({"step": step, "metric": "modes", "values": {"modes": 1.0}})
        run.checkpoints.save(Checkpoint(step=step, weights={}))
    run.rewind(2)
    assert [row["step"] for row in run.stats.read()] == [1, 2]
    assert [row["step"] for row in run.metrics.read()] == [2]
    assert run.checkpoints.load().step == 2


HUGE = 2**40
"""Bytes of a file that takes none on the disk."""


def test_a_file_that_would_fill_the_memory_is_not_read(run):
    for name in ("recipe.toml", "environment.json", "stats.jsonl"):
        with (run.path / name).open("ab") as file:
            file.truncate(HUGE)
    assert run.read_document("environment.json") == {}
    for read in (lambda: run.recipe, run.stats.read):
        with pytest.raises(UsageError, match=r"has more than .* bytes, as no such file of a run has"):
            read()


def test_a_manifest_that_would_fill_the_memory_is_damage(run):
    run.checkpoints.save(Checkpoint(step=2, weights={}))
    with (run.path / "checkpoints" / "step-000000002" / "manifest.json").open("ab") as file:
        file.truncate(HUGE)
    assert run.checkpoints.load().step == 1
    assert run.checkpoints.best() is None


def test_the_next_free_folder_follows_the_last(tmp_path):
    parent = tmp_path / "runs"
    assert next_free(parent, "mid") == parent / "00000-mid"
    for name in ("00000-mid", "00007-pg", "x-12345", "1-short"):
        (parent / name).mkdir(parents=True)
    assert next_free(parent, "mid") == parent / "00008-mid"


@given(numbers=st.sets(st.integers(0, 99_998), max_size=5))
def test_the_next_free_folder_is_free(tmp_path_factory, numbers):
    parent = tmp_path_factory.mktemp("runs")
    for number in numbers:
        (parent / f"{number:05d}-mid").mkdir()
    found = next_free(parent, "mid")
    assert isinstance(found, Path)
    assert not found.exists()
    check_free(found, overwrite=False)
